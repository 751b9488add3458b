"""What an account may spend where: fetched on demand, kept between marks by a job, given back when idle.

Accepting touches the region's database alone; only a region that runs short reaches for the control plane.
Keeps P-LOC-1 (no traffic leaves its region for the sake of billing).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from decimal import Decimal
from typing import Final, TypeVar
from uuid import UUID

from django.db import DatabaseError, close_old_connections, connections

from accounts.billing.services import STEP
from messaging.allowance import selectors, transfers
from messaging.allowance.marks import FLOOR, Standing, move
from messaging.allowance.transfers import ZERO
from paasoo_portal.core import clock, regions
from paasoo_portal.core.tenancy import system_scope

log = logging.getLogger(__name__)

# A transfer younger than this is still in the hands of the process that opened it.
UNFINISHED_AFTER: Final = timedelta(seconds=10)
Answer = TypeVar("Answer")


def pull(account_id: UUID, region: str, amount: Decimal) -> bool:
    """See to it that the account can spend `amount` in the region: from the balance, then from other regions.

    Call it outside a transaction on the region's database when a debit was refused, then debit again. Another
    message may have taken what was fetched, so the two are repeated until the debit succeeds or this says
    False: the account has no funds. Raises DatabaseError when control plane or region cannot be reached.
    """
    alias = regions.alias(region)
    return _apart(lambda: _pull(account_id, alias, amount), alias)


def drain(account_id: UUID, region: str, most: Decimal | None = None) -> Decimal:
    """Give back the account's allowance in the region (or `most` of it) to the balance; how much it was."""
    alias = regions.alias(region)
    return _apart(lambda: _drain(account_id, alias, most), alias)


def available(account_id: UUID) -> Decimal:
    """All the account may still spend: balance, allowances, and what is on its way between them.

    A region that cannot be reached counts with what the control plane last knew of it.
    """
    return selectors.available(account_id)


def top_up(region: str) -> int:
    """The job that keeps every account's allowance in the region between its marks; how many moves it made.

    Finishes transfers first that a crash left open. Needs the worker's role.
    """
    alias = regions.alias(region)
    reconcile(alias)
    moved = 0
    for account_id, standing in selectors.standings(alias).items():
        amount = move(standing)
        if amount:
            moved += _move(account_id, alias, standing, amount)
    return moved


def reconcile(alias: str) -> int:
    """Finish the region's transfers that have stood open for longer than a process takes; how many."""
    with system_scope("allowance_reconcile"), connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT account_id, id, amount FROM accounts_allowancetransfer "
            "WHERE state = 'debited' AND region = %s AND at < %s ORDER BY at LIMIT 1000",
            [alias, clock.now() - UNFINISHED_AFTER],
        )
        unfinished = cursor.fetchall()
    for account_id, transfer_id, amount in unfinished:
        transfers.finish(account_id, alias, transfer_id, amount)
        log.warning("an open transfer was finished", extra={"transfer": str(transfer_id), "database": alias})
    return len(unfinished)


def _pull(account_id: UUID, alias: str, amount: Decimal) -> bool:
    if transfers.fill(account_id, alias, enough=amount, most=FLOOR):
        return True
    _collect(account_id, alias, amount)
    return transfers.fill(account_id, alias, enough=amount, most=FLOOR)


def _collect(account_id: UUID, alias: str, amount: Decimal) -> None:
    """Bring money back from other regions, the richest first, until the balance may hold the amount.

    Holds no region's lock: two regions that collect from each other at once must not wait in a circle.
    """
    needed = amount - selectors.balance(account_id) - transfers.spendable(account_id, alias)
    held = selectors.allowances(account_id)
    others = sorted((sum_, name) for name, sum_ in held.items() if name != alias and sum_ > 0)
    for sum_, name in reversed(others):
        if needed <= 0:
            return
        try:
            # More than one message's worth, or every message would have to fetch its own.
            needed -= transfers.take_back(
                account_id, name, min(sum_, max(needed, min(FLOOR, (sum_ / 2).quantize(STEP))))
            )
        except DatabaseError:
            log.warning("a region did not give back", extra={"account": str(account_id), "database": name})


def _drain(account_id: UUID, alias: str, most: Decimal | None) -> Decimal:
    held = transfers.spendable(account_id, alias)
    wanted = held if most is None else min(held, most)
    return transfers.take_back(account_id, alias, wanted) if wanted > 0 else ZERO


def _move(account_id: UUID, alias: str, standing: Standing, amount: Decimal) -> bool:
    """One account's move; a failure is told and does not stop the others."""
    try:
        if amount < 0:
            return transfers.take_back(account_id, alias, -amount) > 0
        return transfers.fill(account_id, alias, enough=standing.allowance + amount, most=amount)
    except DatabaseError:
        log.exception("an allowance was not moved", extra={"account": str(account_id), "database": alias})
        return False


def _apart(work: Callable[[], Answer], alias: str) -> Answer:
    """Run the work so that its transactions commit by themselves.

    Inside a caller's transaction a region would be credited for good while the balance's debit could still be
    rolled back; there the work gets a thread, and with it connections of its own.
    """
    if not any(connections[name].in_atomic_block for name in ("default", alias)):
        close_old_connections()
        return work()
    context = copy_context()
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(context.run, _with_own_connections, work).result()


def _with_own_connections(work: Callable[[], Answer]) -> Answer:
    try:
        return work()
    finally:
        connections.close_all()
