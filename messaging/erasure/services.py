"""Erasing messages: rows, events and pushes go at once; counts and money stay as an accounting record (P-RET-4).

The sealed bytes may still lie in back-ups until their day's keys are made anew; ErasedDay lists those days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connections, transaction

from messaging.messages.states import FINAL
from paasoo_portal.core import audit, clock
from paasoo_portal.core.ids import time_of
from paasoo_portal.core.tenancy import scope
from privacy import journal
from privacy.holds import register

KIND: Final = "messages"
MOST: Final = 5000
_FINAL: Final = sorted(int(state) for state in FINAL)
# The row first: it stays, and with it all the rest, while the message is still on its way.
_DELETE: Final = (
    "DELETE FROM messaging_message WHERE account_id = %s AND id = ANY(%s) AND id >= %s AND id <= %s "
    "AND state = ANY(%s) RETURNING id"
)
_BESIDE: Final = ("messaging_messageevent", "messaging_deliverypush")
_LIST: Final = """
INSERT INTO messaging_erasedday (account_id, day, first_at, last_at, messages)
SELECT %s, d.day, %s, %s, d.messages FROM unnest(%s::date[], %s::int[]) AS d(day, messages)
ON CONFLICT (account_id, day) DO UPDATE SET last_at = excluded.last_at,
  messages = messaging_erasedday.messages + excluded.messages
"""


def erase_messages(
    alias: str, account_id: UUID, ids: Sequence[UUID], *, actor_id: UUID | None, actor_kind: str
) -> list[UUID]:
    """Erase those of an account's messages that are decided; which they were. At most MOST at once.

    A message still on its way is left: it would be sent without a trace. So is one that a legal hold preserves (P-RET-9).
    """
    held = register.covered(account_id, {time_of(one).date() for one in ids})
    ids = [one for one in ids if time_of(one).date() not in held]
    if not ids:
        return []
    low, high, now = min(ids), max(ids), clock.now()
    with (
        journal.erasing(KIND, database=alias) as erasure,
        scope(account_id, using=[alias]),
        connections[alias].cursor() as cursor,
    ):
        cursor.execute(_DELETE, [account_id, list(ids[:MOST]), low, high, _FINAL])
        erased = [row[0] for row in cursor.fetchall()]
        if not erased:
            return []
        for table in _BESIDE:
            cursor.execute(
                f"DELETE FROM {table} WHERE account_id = %s AND message_id = ANY(%s) "  # noqa: S608  constants
                "AND message_id >= %s AND message_id <= %s",
                [account_id, erased, min(erased), max(erased)],
            )
        list_days(cursor, account_id, erased, now)
        erasure.intend(account=account_id, ids=erased)
    with transaction.atomic():
        audit.record(
            audit.Event.MESSAGES_ERASED,
            account_id=account_id,
            actor_id=actor_id,
            actor_kind=actor_kind,
            messages=len(erased),
            region=alias,
        )
    return erased


def list_days(cursor: Any, account_id: UUID, erased: Sequence[UUID], at: datetime) -> None:
    """The days whose keys the night makes anew."""
    days: Counter[date] = Counter(time_of(one).date() for one in erased)
    listed = sorted(days)
    if listed:
        cursor.execute(_LIST, [account_id, at, at, listed, [days[day] for day in listed]])
