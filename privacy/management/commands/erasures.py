"""`manage.py erasures status|replay [--json]`: what a restored copy does not know of, and its applying. Worker's role."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from privacy import boot
from privacy.errors import PrivacyError
from privacy.journal import replay


class Command(BaseCommand):
    help = "Show what was erased after a restored copy was taken, or erase it there again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["status", "replay"])
        parser.add_argument("--database", action="append", help="Only this database; may be repeated.")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
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
        except PrivacyError as error:
            raise CommandError(f"{type(error).__name__}: {error.log}") from error
        wrong = {alias: text for alias, text in boot.disagreements().items() if alias in aliases}
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
