"""The day counters that pages read: how many of an account's messages of a day stand in each state."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from messaging.messages.states import State
from paasoo_portal.core import bulk
from paasoo_portal.core.bulk import Cursor

COLUMNS: Final = (
    ("account_id", "uuid"),
    ("day", "date"),
    ("direction", "smallint"),
    ("state", "smallint"),
    ("messages", "bigint"),
    ("segments", "bigint"),
    ("amount", "numeric"),
)
ADD: Final = (
    "ON CONFLICT (account_id, day, direction, state) DO UPDATE SET "
    "messages = messaging_daycount.messages + excluded.messages, "
    "segments = messaging_daycount.segments + excluded.segments, "
    "amount = messaging_daycount.amount + excluded.amount"
)


class Counted(NamedTuple):
    """A message that left `former` for `state`. Accepting counts nothing, so that it writes one row."""

    account_id: UUID
    day: date
    direction: int
    former: State
    state: State
    segments: int
    amount: Decimal


def move(cursor: Cursor, changes: Iterable[Counted]) -> None:
    """Take each message from where it was counted to where it stands now, in one statement.

    The rows are written in the order of their key: two writers never wait for one another crosswise.
    """
    totals: dict[tuple[UUID, date, int, int], list[Decimal | int]] = {}
    for change in changes:
        for state, sign in ((change.former, -1), (change.state, 1)):
            if state != State.ACCEPTED:
                place = (change.account_id, change.day, change.direction, int(state))
                total = totals.setdefault(place, [0, 0, Decimal(0)])
                total[0] += sign
                total[1] += sign * change.segments
                total[2] += sign * change.amount
    rows = [(*place, *total) for place, total in sorted(totals.items()) if any(total)]
    bulk.insert_unnest(cursor, "messaging_daycount", COLUMNS, rows, ADD)
