"""`manage.py retention plan|enforce|verify|alarms [--json]`, for operators, auditors and watchers outside. Worker's role."""

from __future__ import annotations

import json
import sys
from datetime import date
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from paasoo_portal.core import clock, regions
from paasoo_portal.core.roles import require_worker
from privacy.alarms.evaluate import evaluate
from privacy.errors import PrivacyError
from privacy.retention import nightly, plan, rows, verify

# Identifiers carry their time since 1970, and the longest period is seven years.
FIRST_DAY: Final = date(1980, 1, 1)


class Command(BaseCommand):
    help = "Show what is due, let it die now, verify that nothing due can be read, or say what is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["plan", "enforce", "verify", "alarms"])
        parser.add_argument(
            "--cutoff", type=date.fromisoformat, help="A UTC day, at most today; default today."
        )
        parser.add_argument(
            "--database", action="append", help="Only this regional database; may be repeated."
        )
        parser.add_argument(
            "--accept-clock", action="store_true", help="A human has looked: the clocks are right."
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        aliases = options["database"] or regions.aliases()
        if unknown := set(aliases) - set(regions.aliases()):
            raise CommandError(f"No regional database is called {', '.join(sorted(unknown))}.")
        # A watcher is answered in words whatever is wrong; see alarms.
        if options["action"] != "alarms":
            require_worker()
        if options["cutoff"] and options["cutoff"] > clock.today():
            raise CommandError("The cut-off lies in the future.")
        if options["cutoff"] and options["cutoff"] < FIRST_DAY:
            raise CommandError(f"The cut-off lies before {FIRST_DAY}, when there was nothing to keep.")
        try:
            getattr(self, f"_{options['action']}")(aliases, options)
        except PrivacyError as error:
            raise CommandError(f"{type(error).__name__}: {error.log}") from error

    def _plan(self, aliases: list[str], options: dict[str, Any]) -> None:
        cutoff_on = options["cutoff"] or clock.today()
        found = {alias: [line.as_dict() for line in plan.plan(alias, cutoff_on)] for alias in aliases}
        ending = {alias: rows.plan(alias, cutoff_on) for alias in _with_rows(aliases, options)}
        if options["json"]:
            self._json({"cutoff_on": cutoff_on.isoformat(), "databases": found, "rows": ending})
            return
        for alias, counts in ending.items():
            self.stdout.write(f"{alias}: {sum(counts.values())} rows are over")
            for model, count in counts.items():
                self.stdout.write(f"  {model}: {count}")
        for alias, lines in found.items():
            keys = sum(line["keys"] for line in lines)
            self.stdout.write(
                f"{alias}: {keys} keys of {len({line['account'] for line in lines})} accounts are due"
            )
            for line in lines:
                self.stdout.write(
                    f"  {line['account']} {line['class']}: {line['keys']} keys, {line['messages']} messages, "
                    f"{line['first_day']} to {line['last_day']}"
                )

    def _enforce(self, aliases: list[str], options: dict[str, Any]) -> None:
        cutoff_on = options["cutoff"] or clock.today()
        accept = options["accept_clock"]
        done = [nightly.run(alias, cutoff_on, accept_clock=accept).as_dict() for alias in aliases]
        ended = [rows.run(alias, cutoff_on, accept_clock=accept) for alias in _with_rows(aliases, options)]
        if options["json"]:
            ends = [one.as_dict() for one in ended]
            self._json({"cutoff_on": cutoff_on.isoformat(), "databases": done, "rows": ends})
            return
        for one in ended:
            more = "; more are left, run it again" if one.left else ""
            self.stdout.write(f"{one.database}: {one.counts.total()} rows gone{more}")
        for night in done:
            self.stdout.write(
                f"{night['database']}: {night['keys']} keys of {night['accounts']} accounts erased, "
                f"{night['swept']} partitions dropped"
            )

    def _verify(self, aliases: list[str], options: dict[str, Any]) -> None:
        found = [verify.verify(alias, options["cutoff"]) for alias in aliases]
        found += [verify.verify_rows(alias, options["cutoff"]) for alias in _with_rows(aliases, options)]
        found.append(verify.verify_certificates())
        culprits = [culprit for part in found for culprit in part.culprits]
        answer = {
            "ok": not culprits,
            "checked": sum(part.checked for part in found),
            "culprits": culprits,
            "databases": [part.as_dict() for part in found],
        }
        if options["json"]:
            self._json(answer)
        else:
            self.stdout.write(f"{answer['checked']} keys and certificates checked")
            for culprit in culprits:
                self.stdout.write("  " + " ".join(f"{name}={value}" for name, value in culprit.items()))
            self.stdout.write(
                "Nothing due can be read, and nothing over is left."
                if answer["ok"]
                else "NOT in order; see above."
            )
        if culprits:
            sys.exit(1)

    def _alarms(self, aliases: list[str], options: dict[str, Any]) -> None:
        """What is wrong now, asked anew and not taken from any round: it needs neither beat nor worker."""
        look = evaluate()
        found = [one for one in look.findings if not options["database"] or one.database in aliases]
        if options["json"]:
            self._json({"ok": not found, "alarms": [one.as_dict() for one in found]})
        else:
            for one in found:
                since = f" since {one.since_at:%Y-%m-%d %H:%M} UTC" if one.since_at else ""
                self.stdout.write(f"{one.severity.upper()} {one.database}: {one.kind.label}{since}")
                if one.problem:
                    self.stdout.write(f"  {one.problem}")
                self.stdout.write(f"  {one.kind.remedy} ({one.kind.runbook})")
            if not found:
                self.stdout.write("No alarm rings.")
        if found:
            sys.exit(1)

    def _json(self, answer: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(answer, indent=2))


def _with_rows(aliases: list[str], options: dict[str, Any]) -> list[str]:
    """The control plane has rows too; whoever named databases means those alone."""
    return aliases if options["database"] else ["default", *aliases]
