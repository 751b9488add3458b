"""Reading balances and allowances over several databases, of which some may be down."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connections

from accounts.billing.selectors import balance_of
from accounts.teams.models import AccountState
from messaging.allowance.marks import Standing
from messaging.allowance.transfers import ZERO, spendable
from paasoo_portal.core import clock, regions
from paasoo_portal.core.tenancy import scope, system_scope

log = logging.getLogger(__name__)

_ASK_AGAIN_SECONDS: Final = 15.0
_RECENT_DAYS: Final = 7
_unreachable_until: dict[str, float] = {}

_STANDINGS: Final = """
SELECT r.account_id, r.state, coalesce(a.total, 0), coalesce(d.daily, 0)
FROM messaging_regionaccount r
LEFT JOIN (SELECT account_id, sum(amount) AS total FROM messaging_allowance GROUP BY 1) a USING (account_id)
LEFT JOIN (
  SELECT account_id, max(spent) AS daily FROM (
    SELECT account_id, sum(amount) AS spent FROM messaging_daycount WHERE day > %s GROUP BY account_id, day
  ) AS days GROUP BY 1
) d USING (account_id)
"""
_KNOWN: Final = """
SELECT coalesce((SELECT sum(amount) FROM accounts_allowancetransfer
                 WHERE account_id = %(account)s AND region = %(region)s AND state = 'credited'), 0)
     + coalesce((SELECT sum(amount) FROM accounts_ledgerentry
                 WHERE account_id = %(account)s AND kind = 'usage' AND starts_with(reference, %(prefix)s)), 0)
"""


def available(account_id: UUID) -> Decimal:
    """See services.available."""
    return balance(account_id) + sum(allowances(account_id).values(), ZERO) + _under_way(account_id)


def balance(account_id: UUID) -> Decimal:
    with scope(account_id):
        return balance_of(account_id)


def allowances(account_id: UUID) -> dict[str, Decimal]:
    """What the account may spend in each region's database; of one that is down, what is known of it."""
    return {alias: _allowance(account_id, alias) for alias in regions.aliases()}


def standings(alias: str) -> dict[UUID, Standing]:
    """The accounts with money or traffic in the region, or at home there. Needs the worker's role."""
    with system_scope("allowance_top_up", using=(alias,)), connections[alias].cursor() as cursor:
        cursor.execute(_STANDINGS, [clock.today() - timedelta(days=_RECENT_DAYS)])
        here = cursor.fetchall()
    with system_scope("allowance_top_up"), connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT b.account_id, b.amount, a.region FROM accounts_balance b "
            "JOIN accounts_account a ON a.id = b.account_id WHERE b.amount > 0 OR a.region = ANY(%s)",
            [[code for code in settings.REGIONS if regions.alias(code) == alias]],
        )
        balances = {row[0]: (row[1], regions.alias(row[2]) == alias) for row in cursor.fetchall()}
    return dict(_standings(here, balances))


def _standings(
    here: list[tuple[UUID, str, Decimal, Decimal]], balances: dict[UUID, tuple[Decimal, bool]]
) -> Iterator[tuple[UUID, Standing]]:
    for account_id, state, allowance, daily in here:
        amount, home = balances.get(account_id, (ZERO, False))
        if allowance or daily or home:
            yield (
                account_id,
                Standing(allowance, daily, amount, home, open=state != AccountState.CLOSED),
            )


def _allowance(account_id: UUID, alias: str) -> Decimal:
    if time.monotonic() >= _unreachable_until.get(alias, 0):
        try:
            return spendable(account_id, alias)
        except DatabaseError:
            _unreachable_until[alias] = time.monotonic() + _ASK_AGAIN_SECONDS
            log.warning("a region's allowances cannot be read", extra={"database": alias})
    return _last_known(account_id, alias)


def _last_known(account_id: UUID, alias: str) -> Decimal:
    """What was moved there less what was settled: too much by the usage of days not settled."""
    with scope(account_id), connections["default"].cursor() as cursor:
        cursor.execute(_KNOWN, {"account": account_id, "region": alias, "prefix": f"usage:{alias}:"})
        return max(Decimal(cursor.fetchone()[0]), ZERO)


def _under_way(account_id: UUID) -> Decimal:
    """Money that has left and not arrived, by what both databases have booked."""
    with scope(account_id), connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT id, region, amount FROM accounts_allowancetransfer "
            "WHERE account_id = %s AND state = 'debited'",
            [account_id],
        )
        unfinished = cursor.fetchall()
    return sum((_unarrived(account_id, *row) for row in unfinished), ZERO)


def _unarrived(account_id: UUID, transfer_id: UUID, alias: str, amount: Decimal) -> Decimal:
    try:
        with scope(account_id, using=(alias,)), connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT amount FROM messaging_allowancecredit WHERE transfer_id = %s", [transfer_id]
            )
            row = cursor.fetchone()
    except DatabaseError:
        return max(amount, ZERO)
    if amount > 0:
        return ZERO if row else amount
    return -row[0] if row else ZERO
