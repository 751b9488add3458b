"""Closing a day: what was used becomes an accounting record and a movement in the ledger, before its keys are
destroyed.

Hook `retention.settle`. A day is settled once it is over, and again whenever its counters have changed since
(a late receipt moves a message from one state to another). The usage records of an account and day are
replaced as a whole; the ledger is append-only, so a difference is one more entry. What was erased meanwhile is counted
as well (see erased). Records never shrink: where fewer messages are found than were settled (the day was swept), what
was settled stays. Keeps P-RET-4, P-RET-10.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connections

from accounts.billing.models import LedgerKind
from accounts.billing.services import append_entry
from messaging.messages.models import Message
from messaging.usage import statistics
from paasoo_portal.core import bulk, clock, partitions
from paasoo_portal.core.faults import fault
from paasoo_portal.core.ids import uuid7_floor
from paasoo_portal.core.tenancy import scope, system_scope

log = logging.getLogger(__name__)

# What survives a message: these fields and no other (the allow-list of P-RET-4).
GROUPS: Final = ("country", "network", "channel", "direction", "state")
_COLUMNS: Final = (
    ("account_id", "uuid"),
    ("day", "date"),
    ("region", "text"),
    ("country", "text"),
    ("network", "text"),
    ("channel", "text"),
    ("direction", "smallint"),
    ("state", "smallint"),
    ("messages", "bigint"),
    ("segments", "bigint"),
    ("amount", "numeric"),
)
_USED: Final = f"""
SELECT account_id, {", ".join(GROUPS)}, sum(messages)::bigint, sum(segments)::bigint, sum(amount) FROM (
  SELECT account_id, {", ".join(GROUPS)}, count(*) AS messages, sum(segments) AS segments, sum(segments * price) AS amount
  FROM messaging_message WHERE id >= %s AND id < %s GROUP BY account_id, {", ".join(GROUPS)}
  UNION ALL
  SELECT account_id, {", ".join(GROUPS)}, messages, segments, amount FROM messaging_erasedusage WHERE day = %s
) AS used GROUP BY account_id, {", ".join(GROUPS)}
"""  # noqa: S608  constants
_COUNTED: Final = """
SELECT day, account_id, direction, state, sum(messages)::bigint, sum(segments)::bigint, sum(amount)
FROM {table} WHERE day >= %s AND day < %s {only} GROUP BY 1, 2, 3, 4 HAVING sum(messages) > 0
"""

Row = tuple[Any, ...]


def settle(*, alias: str, before: date) -> int:
    """Settle every day before `before` (and before today) that is not, or has changed. Worker's role."""
    closed = min(before, clock.today())
    days = unsettled(alias, closed)
    for day in days:
        settle_day(alias, day)
    for day in unsettled(alias, closed) if days else []:
        log.warning("counters and messages disagree", extra={"database": alias, "day": day})
    present = partitions.existing_days(alias, Message._meta.db_table)
    statistics.publish_settled(alias, [day for day in present if day < closed])
    return len(days)


def unsettled(alias: str, before: date) -> list[date]:
    """The days whose counters and usage records differ, among those that still have messages."""
    present = [day for day in partitions.existing_days(alias, Message._meta.db_table) if day < before]
    if not present:
        return []
    missing = _missing(alias, present[0], before)
    return [day for day in present if day in missing]


def is_settled(alias: str, day: date) -> bool:
    """Whether the day's usage records say what its counters do."""
    return not _missing(alias, day, day + timedelta(days=1))


def _missing(alias: str, first: date, before: date) -> set[date]:
    """The days of which the counters say something that the usage records do not."""
    counted = _totals(alias, "messaging_daycount", "", first, before)
    settled = _totals("default", "messaging_usagerecord", "AND region = %s", first, before, alias)
    return {day for day, rows in counted.items() if rows - settled.get(day, set())}


def settle_day(alias: str, day: date) -> None:
    """Settle one day of one region's database, in one transaction on the control plane. Idempotent."""
    with system_scope("usage_settle", using=(alias,)), connections[alias].cursor() as cursor:
        cursor.execute(_USED, [uuid7_floor(day), uuid7_floor(day + timedelta(days=1)), day])
        used = defaultdict(list)
        for row in cursor.fetchall():
            used[row[0]].append(row)
    fault("settle.read")
    with system_scope("usage_settle"), connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 17))", [f"settle:{alias}:{day}"])
        settled = _settled(cursor, alias, day)
        for account_id, rows in used.items():
            if sum(row[6] for row in rows) >= settled.get(account_id, 0):
                _replace(cursor, alias, day, account_id, rows)
    log.info("a day was settled", extra={"database": alias, "day": day, "accounts": len(used)})


def _totals(alias: str, table: str, only: str, first: date, before: date, *more: str) -> dict[date, set[Row]]:
    with system_scope("usage_settle", using=(alias,)), connections[alias].cursor() as cursor:
        cursor.execute(_COUNTED.format(table=table, only=only), [first, before, *more])
        found: dict[date, set[Row]] = defaultdict(set)
        for row in cursor.fetchall():
            found[row[0]].add(row[1:])
        return found


def _settled(cursor: Any, alias: str, day: date) -> dict[UUID, int]:
    cursor.execute(
        "SELECT account_id, sum(messages)::bigint FROM messaging_usagerecord "
        "WHERE day = %s AND region = %s GROUP BY 1",
        [day, alias],
    )
    return dict(cursor.fetchall())


def _replace(cursor: Any, alias: str, day: date, account_id: UUID, rows: list[Row]) -> None:
    cursor.execute(
        "DELETE FROM messaging_usagerecord WHERE account_id = %s AND day = %s AND region = %s",
        [account_id, day, alias],
    )
    records = [(account_id, day, alias, *row[1:]) for row in rows]
    bulk.insert_unnest(cursor, "messaging_usagerecord", _COLUMNS, records)
    _book(cursor, alias, day, account_id, sum((row[8] for row in rows), Decimal(0)))


def _book(cursor: Any, alias: str, day: date, account_id: UUID, used: Decimal) -> None:
    """Bring the ledger's entries of this account, day and region to the amount used, by one more entry."""
    prefix = f"usage:{alias}:{day.isoformat()}:"
    cursor.execute(
        "SELECT coalesce(sum(amount), 0), count(*) FROM accounts_ledgerentry "
        "WHERE account_id = %s AND kind = 'usage' AND starts_with(reference, %s)",
        [account_id, prefix],
    )
    booked, turn = cursor.fetchone()
    difference = -used - booked
    if difference:
        with scope(account_id):
            append_entry(account_id, LedgerKind.USAGE, difference, f"{prefix}{turn or ''}")
