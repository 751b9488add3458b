"""`manage.py keys status|carry-over [--epochs N]|snapshot|restore --database X [FILE] [--json]`, for operators and drills.

Runs as the worker's role.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from paasoo_portal.core import clock, regions
from paasoo_portal.core.roles import require_worker
from privacy.certificates.verify import require_own_key
from privacy.errors import PrivacyError
from privacy.keys import nightly, signing, status
from privacy.keys.snapshots import restore, take


class Command(BaseCommand):
    help = "Show where the keys stand, carry the living ones over, snapshot them, or bring an old copy to a snapshot."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        status = actions.add_parser("status", help="Living keys, epochs, and what is destroyed next.")
        carry_over = actions.add_parser("carry-over", help="Carry the living keys over into a new epoch.")
        carry_over.add_argument(
            "--epochs", type=int, default=1, help="How many carry-overs, for drills (default 1)."
        )
        snapshot = actions.add_parser("snapshot", help="Take a snapshot of the living keys now.")
        for one in (status, carry_over, snapshot):
            one.add_argument(
                "--database", action="append", help="Only this regional database; may be repeated."
            )
        bring_back = actions.add_parser("restore", help="Bring an old copy of a database to a snapshot.")
        bring_back.add_argument("--database", required=True, help="The regional database.")
        bring_back.add_argument("file", nargs="?", type=Path, help="The snapshot; by default the newest.")
        for one in (status, carry_over, snapshot, bring_back):
            one.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        require_worker()
        given = options["database"]
        aliases = [given] if isinstance(given, str) else given or regions.aliases()
        if unknown := set(aliases) - set(regions.aliases()):
            raise CommandError(f"No regional database is called {', '.join(sorted(unknown))}.")
        try:
            if options["action"] == "status":
                self._status(aliases, options["json"])
            elif options["action"] == "snapshot":
                self._snapshot(aliases, options["json"])
            elif options["action"] == "restore":
                self._restore(options)
            elif 1 <= options["epochs"] <= 100:
                self._carry_over(aliases, options["epochs"], options["json"])
            else:
                raise CommandError("--epochs lies between 1 and 100.")
        except PrivacyError as error:
            raise CommandError(f"{type(error).__name__}: {error.log}") from error

    def _status(self, aliases: list[str], as_json: bool) -> None:
        require_own_key()
        found = [status.status(alias) for alias in aliases]
        if as_json:
            self.stdout.write(json.dumps({"public_key": signing.public_key(), "databases": found}, indent=2))
            return
        self.stdout.write(f"Certificates are signed by {signing.public_key()}")
        for database in found:
            self.stdout.write(
                f"{database['database']}: epoch {database['epoch']}, kept {database['epochs_kept']}, "
                f"{database['epochs_destroyed']} destroyed; next to go is epoch {database['next_destruction']} "
                f"in {database['carry_overs_until_destruction']} carry-overs, by one a night on "
                f"{database['next_destruction_on']}; oldest wrap of {database['oldest_wrap']}; "
                f"{database['erased']} keys erased"
            )
            for line in database["living"]:
                self.stdout.write(
                    f"  epoch {line['epoch']} {line['data_class']}: {line['keys']} keys, oldest start "
                    f"{line['oldest_start']}, next due {line['next_due']}"
                )

    def _snapshot(self, aliases: list[str], as_json: bool) -> None:
        taken = [take.take(alias).as_dict() for alias in aliases]
        if as_json:
            self.stdout.write(json.dumps({"snapshots": taken}, indent=2))
            return
        for one in taken:
            self.stdout.write(
                f"{one['database']}: {one['keys']} keys and {one['tombstones']} tombstones of epoch {one['epoch']} in "
                f"{one['file']}"
            )

    def _restore(self, options: dict[str, Any]) -> None:
        done = restore.restore(options["database"], options["file"]).as_dict()
        if options["json"]:
            self.stdout.write(json.dumps(done, indent=2))
            return
        self.stdout.write(
            f"{done['database']} stands at epoch {done['epoch']}: {done['from_snapshot']} keys of the snapshot, "
            f"{done['kept_own']} of its own, {done['left_behind']} left behind. Now run: manage.py erasures replay"
        )

    def _carry_over(self, aliases: list[str], times: int, as_json: bool) -> None:
        # The first is the night's, where that is not done: so the order that an alarm gives ends the alarm.
        done = []
        for alias in aliases:
            for _ in range(times):
                made = nightly.run(alias, clock.today()) or nightly.once(alias)
                done.append(made.as_dict())
        if as_json:
            self.stdout.write(json.dumps({"carry_overs": done}, indent=2))
            return
        for one in done:
            self.stdout.write(
                f"{one['database']}: epoch {one['epoch']} holds {one['census']} keys "
                f"({one['carried']} carried over); destroyed {one['destroyed'] or 'none'}"
            )
