"""`manage.py drill restore|canary [--json]`: prove on real copies that nothing due opens and everything living does; and
that marked plain text and bare keys are nowhere in anything held.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from paasoo_portal.core import regions
from privacy.drill import canary, restore
from privacy.errors import PrivacyError


class Command(BaseCommand):
    help = "Take copies, erase what is due, carry over past the bound, restore the copies elsewhere, and try all."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["restore", "canary"])
        parser.add_argument(
            "--database", action="append", help="Only this regional database; may be repeated."
        )
        parser.add_argument(
            "--messages", type=int, help="How many to plant in each database; a few by default."
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        aliases = options["database"] or regions.aliases()
        if unknown := set(aliases) - set(regions.aliases()):
            raise CommandError(f"No regional database is called {', '.join(sorted(unknown))}.")
        try:
            drill = canary if options["what"] == "canary" else restore
            answer = drill.run(aliases, messages=options["messages"] or drill.MESSAGES)
        except PrivacyError as error:
            raise CommandError(f"{type(error).__name__}: {error.log}") from error
        if options["json"]:
            self.stdout.write(json.dumps(answer, indent=2))
        else:
            self._print(answer)
        if not answer["ok"]:
            sys.exit(1)

    def _print(self, answer: dict[str, Any]) -> None:
        for copy in answer.get("copies", []):
            self.stdout.write(
                f"{copy['database']} from {copy['restored_from']}: {copy['old_keys_opened']} of {copy['old_keys']} "
                f"old keys open; of {copy['values']} sealed values {copy['opened']} open, which live, and "
                f"{copy['refused']} are erased"
            )
            for culprit in copy["culprits"]:
                self.stdout.write("  " + " ".join(f"{name}={value}" for name, value in culprit.items()))
        for check in [*answer.get("procedure", []), *answer.get("checks", [])]:
            self.stdout.write(f"{'ok ' if check['ok'] else 'NOT'} {check['check']}")
            if not check["ok"]:
                self.stdout.write(f"    {check['found']}")
        if left := answer.get("left"):
            told = ", ".join(f"{count} {what}" for what, count in left.items())
            self.stdout.write(
                f"What stays, by the rules of accounting and proof: {told}, and their counters."
            )
        self.stdout.write(
            f"{'In order' if answer['ok'] else 'NOT in order'} after {answer['carry_overs']} carry-overs, "
            f"{answer['seconds']} s"
        )
