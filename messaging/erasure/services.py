"""Erasing messages: rows, events and pushes go at once; counts and money stay as an accounting record (P-RET-4).

The sealed bytes may still lie in back-ups until their day's keys are made anew; ErasedDay lists those days.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connections, transaction

from messaging.erasure.models import ErasedMessage
from messaging.messages.states import FINAL
from messaging.preservation import capture
from messaging.usage.erased import COUNTED
from paasoo_portal.core import audit, clock
from paasoo_portal.core.ids import time_of
from paasoo_portal.core.tenancy import scope
from privacy import journal
from privacy.floors import register as floors
from privacy.holds import locks, register

KIND: Final = "messages"
MOST: Final = 5000
_FINAL: Final = sorted(int(state) for state in FINAL)
# The row first: it stays, and with it all the rest, while the message is still on its way.
_DELETE: Final = f"""
WITH gone AS (
  DELETE FROM messaging_message WHERE account_id = %s AND id = ANY(%s) AND id >= %s AND id <= %s AND state = ANY(%s)
  RETURNING *
), {COUNTED}
SELECT id, content_key_id, number_key_id FROM gone
"""  # noqa: S608  constants
_BESIDE: Final = ("messaging_messageevent", "messaging_deliverypush")
_LIST: Final = """
INSERT INTO messaging_erasedday (account_id, day, first_at, last_at, messages, key_ids)
SELECT %s, e.day, %s, %s, count(DISTINCT e.id), array_agg(DISTINCT e.key)
FROM unnest(%s::date[], %s::uuid[], %s::uuid[]) AS e(day, id, key) GROUP BY e.day ORDER BY e.day
ON CONFLICT (account_id, day) DO UPDATE SET last_at = excluded.last_at,
  messages = messaging_erasedday.messages + excluded.messages,
  key_ids = ARRAY(SELECT DISTINCT unnest(messaging_erasedday.key_ids || excluded.key_ids))
"""
_NAME: Final = """
INSERT INTO messaging_erasedmessage (account_id, id, at)
SELECT %s, unnest(%s::uuid[]), %s ON CONFLICT DO NOTHING
"""


def erase_messages(
    alias: str, account_id: UUID, ids: Sequence[UUID], *, actor_id: UUID | None, actor_kind: str
) -> list[UUID]:
    """Erase those of an account's messages that are decided; which they were. At most MOST at once.

    A message still on its way is left: it would be sent without a trace. So is one that an open legal hold
    or the law keeps in its place (P-RET-12); of what other holds and cases cover, a copy is made first (P-RET-8, P-RET-9).
    """
    with (
        journal.erasing(KIND, database=alias) as erasure,
        scope(account_id, using=[alias]),
        connections[alias].cursor() as cursor,
    ):
        # No hold is placed from here on until this is committed; an earlier one is seen.
        locks.share(alias, [account_id])
        asked = {time_of(one).date() for one in ids}
        held = register.covered(account_id, asked) | floors.covered(asked)
        ids = [one for one in ids if time_of(one).date() not in held]
        if not ids:
            return []
        low, high = min(ids), max(ids)
        capture.before_erasure(alias, account_id, ids)
        cursor.execute(_DELETE, [account_id, list(ids[:MOST]), low, high, _FINAL])
        gone = cursor.fetchall()
        if not gone:
            return []
        erased = [row[0] for row in gone]
        for table in _BESIDE:
            cursor.execute(
                f"DELETE FROM {table} WHERE account_id = %s AND message_id = ANY(%s) "  # noqa: S608  constants
                "AND message_id >= %s AND message_id <= %s",
                [account_id, erased, min(erased), max(erased)],
            )
        leave_marks(cursor, account_id, gone, clock.now())
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


def of_message(alias: str, message_id: UUID) -> ErasedMessage | None:
    """The mark of an erased message of the account in scope."""
    found: ErasedMessage | None = ErasedMessage.objects.using(alias).filter(pk=message_id).first()
    return found


def leave_marks(cursor: Any, account_id: UUID, gone: Sequence[tuple[UUID, UUID, UUID]], at: datetime) -> None:
    """That these messages (each with the keys of its text and its number) went, and which keys the night makes anew."""
    cursor.execute(_NAME, [account_id, [one for one, _, _ in gone], at])
    sealed = [(time_of(one).date(), one, key) for one, *both in gone for key in both]
    cursor.execute(_LIST, [account_id, at, at, *map(list, zip(*sealed, strict=True))])
