"""The night's work on one database: settle, enforce, seal anew what erasures touched, sweep; and the check of it all.

Each step may be repeated.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from paasoo_portal.core import clock, heartbeat, hooks
from paasoo_portal.core.tenancy import system_scope
from privacy.holds.models import LegalHold, Scope
from privacy.retention import enforce, runs, verify

log = logging.getLogger(__name__)

# Longer than any queue or night is down: the task of the release may have been lost, or have found a run at work.
_LATELY: Final = timedelta(days=10)


@dataclass(frozen=True)
class Night:
    database: str
    cutoff_on: date
    accounts: int
    keys: int
    swept: int

    def as_dict(self) -> dict[str, Any]:
        return {
            "database": self.database,
            "cutoff_on": self.cutoff_on.isoformat(),
            "accounts": self.accounts,
            "keys": self.keys,
            "swept": self.swept,
        }


def run(alias: str, cutoff_on: date, *, accept_clock: bool = False) -> Night:
    """Settle and enforce up to a cut-off, have the keys of erased messages made anew (hook `retention.renew`), then
    let the registered sweepers drop what no key can open any more.
    """
    done = enforce.enforce(alias, cutoff_on, accept_clock=accept_clock)
    after_holds(alias)
    hooks.call("retention.renew", alias=alias, cutoff_on=cutoff_on)
    swept = sweep(alias, cutoff_on)
    heartbeat.beat(f"retention.{alias}")
    return Night(alias, cutoff_on, done.accounts, done.keys, swept)


def after_holds(alias: str) -> None:
    """Hook `hold.released`, for each account of which a hold was released lately: what else waited for it goes on."""
    with system_scope("holds_released"):
        since = clock.now() - _LATELY
        released = LegalHold.objects.filter(scope=Scope.ACCOUNT, released_at__gte=since)
        accounts = list(released.values_list("account_id", flat=True).distinct())
    for account_id in accounts:
        hooks.call("hold.released", alias=alias, account_id=account_id)


def sweep(alias: str, cutoff_on: date) -> int:
    """Hook `retention.sweep`: each handler drops or deletes rows whose every key is gone, and says how many
    things.
    """
    run_row, _ = runs.begin(alias, runs.SWEEP, cutoff_on)
    swept = sum(count or 0 for count in hooks.call("retention.sweep", alias=alias, cutoff_on=cutoff_on))
    runs.finish(run_row, swept=run_row.counts.get("swept", 0) + swept)
    return swept


def check(alias: str, day: date) -> int | None:
    """Verify a database, the control plane included, and keep how many culprits there are. None when it was well already.

    What was found is looked for again until it is gone. Needs the worker's role.
    """
    run_row, _ = runs.begin(alias, runs.VERIFY, day)
    if runs.is_done(run_row) and not run_row.counts.get("culprits"):
        return None
    whole = verify.verify_certificates() if alias == "default" else verify.verify(alias)
    culprits = whole.culprits + verify.verify_rows(alias).culprits
    runs.finish(run_row, checked=whole.checked, culprits=len(culprits), by_kind=verify.kinds_of(culprits))
    if culprits:
        log.error("the check has found culprits", extra={"database": alias, "n": len(culprits)})
    return len(culprits)
