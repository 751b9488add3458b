"""`manage.py erasures status|replay [--json]`: what a restored copy does not know of, and its applying. Worker's role.

A replay ends with the night's enforcement: what a copy does not know to be restricted or due must not be read in it until
the next night.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from paasoo_portal.core import clock
from paasoo_portal.core.roles import require_worker
from privacy import boot
from privacy.errors import PrivacyError
from privacy.journal import replay
from privacy.retention import enforce


class Command(BaseCommand):
    help = "Show what was erased after a restored copy was taken, or erase it there again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["status", "replay"])
        parser.add_argument("--database", action="append", help="Only this database; may be repeated.")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        require_worker()
        aliases = options["database"] or list(settings.DATABASES)
        if unknown := set(aliases) - set(settings.DATABASES):
            raise CommandError(f"No database is called {', '.join(sorted(unknown))}.")
        done = []
        try:
            for alias in aliases:
                if options["action"] == "replay":
                    done.append(replay.replay(alias).as_dict())
                else:
                    done.append({"database": alias, "outstanding": len(replay.outstanding(alias))})
            # Certificates of what is enforced are chained on the control plane, which must not be an old copy then.
            asked = {"default", *aliases}
            wrong = {alias: text for alias, text in boot.disagreements().items() if alias in asked}
            if options["action"] == "replay" and not wrong:
                for alias in [one for one in aliases if one in settings.TRAFFIC_ALIASES]:
                    enforce.enforce(alias, clock.today())
        except PrivacyError as error:
            raise CommandError(f"{type(error).__name__}: {error.log}") from error
        answer = {"ok": not wrong, "databases": done, "disagreements": wrong}
        self.stdout.write(json.dumps(answer, indent=2)) if options["json"] else self._print(answer)
        if wrong:
            sys.exit(1)

    def _print(self, answer: dict[str, Any]) -> None:
        for one in answer["databases"]:
            if "replayed" in one:
                kinds = ", ".join(f"{count} {kind}" for kind, count in one["kinds"].items())
                self.stdout.write(
                    f"{one['database']}: {one['replayed']} erasures applied{f' ({kinds})' * bool(kinds)}"
                )
            else:
                self.stdout.write(f"{one['database']}: {one['outstanding']} erasures outstanding")
        for alias, text in answer["disagreements"].items():
            self.stdout.write(f"{alias}: {text}")
        self.stdout.write("Everything agrees." if answer["ok"] else "NOT in order; see above.")
