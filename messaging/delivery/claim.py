"""Taking messages by lease: claim, mark as being sent, give back, and find what a dead dispatcher left.

The lease is the database's own time, since processes on many machines compare it; due times are the product's clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connections

from messaging.delivery import bounds
from messaging.delivery.record import Report, Step, record, write_steps
from messaging.messages.states import Actor, Direction, State
from messaging.usage.counters import Counted
from paasoo_portal.core import clock
from paasoo_portal.core.ids import time_of

_CLAIM: Final = """
WITH picked AS (
  SELECT account_id, id, state FROM messaging_message
  WHERE state IN (0, 1) AND due_at <= %s AND (leased_until IS NULL OR leased_until < now()) AND id >= %s AND id < %s
  ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED)
UPDATE messaging_message m SET state = 1, attempts = m.attempts + 1, leased_by = %s,
  leased_until = now() + make_interval(secs => %s)
FROM picked p WHERE m.account_id = p.account_id AND m.id = p.id AND m.id >= %s AND m.id < %s
RETURNING m.account_id, m.id, p.state, m.sender, m.segments, m.price, m.attempts, m.content_key_id, m.number_key_id,
  m.content_sealed, m.number_sealed
"""
_SENDING: Final = """
UPDATE messaging_message m SET state = 2, leased_until = now() + make_interval(secs => %s)
FROM unnest(%s::uuid[], %s::uuid[]) AS o(account_id, id)
WHERE m.account_id = o.account_id AND m.id = o.id AND m.id >= %s AND m.id <= %s
  AND m.state = 1 AND m.leased_by = %s AND m.leased_until > now()
RETURNING m.id
"""
_GIVE_BACK: Final = """
UPDATE messaging_message m SET leased_until = NULL, leased_by = '', due_at = o.due_at
FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) AS o(account_id, id, due_at)
WHERE m.account_id = o.account_id AND m.id = o.id AND m.id >= %s AND m.id <= %s AND m.state = 1 AND m.leased_by = %s
"""
_ABANDONED: Final = """
SELECT account_id, id FROM messaging_message
WHERE state = 2 AND leased_until < now() AND id >= %s AND id < %s LIMIT 500 FOR UPDATE SKIP LOCKED
"""


@dataclass(frozen=True, repr=False)
class Claimed:
    """A message that is ours until the lease runs out."""

    account_id: UUID
    id: UUID
    former: int
    sender: str
    segments: int
    price: Decimal
    attempts: int
    content_key_id: UUID
    number_key_id: UUID
    content_sealed: bytes | None
    number_sealed: bytes | None

    def counted(self, former: State, state: State) -> Counted:
        return Counted(
            self.account_id,
            time_of(self.id).date(),
            Direction.OUTBOUND,
            former,
            state,
            self.segments,
            self.price * self.segments,
        )


def claim(alias: str, worker: str, limit: int) -> list[Claimed]:
    """Lease up to `limit` messages whose time has come. Needs a system scope."""
    low, high = bounds.waiting()
    with connections[alias].cursor() as cursor:
        cursor.execute(
            _CLAIM,
            [clock.now(), low, high, limit, worker, bounds.LEASE_SECONDS, low, high],
        )
        rows = sorted((Claimed(*values) for values in cursor.fetchall()), key=lambda row: row.id)
        new = [row for row in rows if row.former == State.ACCEPTED]
        _tell(cursor, new, State.ACCEPTED, State.QUEUED)
    return rows


def mark_sending(alias: str, worker: str, rows: Sequence[Claimed]) -> list[Claimed]:
    """Say that these are about to be handed over; only those whose lease we still hold. Needs a system scope."""
    if not rows:
        return []
    with connections[alias].cursor() as cursor:
        cursor.execute(
            _SENDING, [bounds.LEASE_SECONDS, *_keys(rows), *bounds.of(row.id for row in rows), worker]
        )
        ours = {values[0] for values in cursor.fetchall()}
        sending = [row for row in rows if row.id in ours]
        _tell(cursor, sending, State.QUEUED, State.SENDING)
    return sending


def give_back(alias: str, worker: str, rows: Sequence[tuple[Claimed, datetime]]) -> None:
    """Leave messages that were not handed over to whoever comes at the given time. Needs a system scope."""
    if not rows:
        return
    claimed = [row for row, _ in rows]
    with connections[alias].cursor() as cursor:
        cursor.execute(
            _GIVE_BACK,
            [*_keys(claimed), [due_at for _, due_at in rows], *bounds.of(row.id for row in claimed), worker],
        )


def abandon(alias: str, ask_at: datetime) -> int:
    """What a dispatcher was handing over when it died becomes unknown: the carrier is asked, from `ask_at` on, before
    anything is sent. Needs a system scope.
    """
    with connections[alias].cursor() as cursor:
        cursor.execute(_ABANDONED, list(bounds.waiting()))
        left = cursor.fetchall()
    now = clock.now()
    return record(
        alias,
        [
            Report(
                account_id, identity, State.UNKNOWN, Actor.PAASOO, now, note="lease_expired", due_at=ask_at
            )
            for account_id, identity in left
        ],
    )


def _keys(rows: Sequence[Claimed]) -> list[list[UUID]]:
    return [[row.account_id for row in rows], [row.id for row in rows]]


def _tell(cursor: Any, rows: Sequence[Claimed], former: State, state: State) -> None:
    at = clock.now()
    write_steps(
        cursor,
        [Step(row.account_id, row.id, state, Actor.PAASOO, at) for row in rows],
        [row.counted(former, state) for row in rows],
    )
