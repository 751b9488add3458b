"""Messages whose fate is open: the carrier is asked, and what nobody can tell any more is closed.

An unknown message is neither sent again blindly nor forgotten: only the carrier's word that it never had it puts it back
into the queue.
"""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from django.db import connections

from messaging.carriers.base import Carrier, CarrierError, Standing
from messaging.delivery import bounds
from messaging.delivery.record import Report, record
from messaging.messages.states import Actor, State
from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7_floor
from paasoo_portal.core.tenancy import system_scope

log = logging.getLogger(__name__)

JOB: Final = "reconcile"
LIMIT: Final = 200
# Asking moves the due time on first, so that two processes do not ask about the same message at once; the older the
# message, the further, for it is settled at the first asking or not soon.
_ASK: Final = """
WITH picked AS (
  SELECT account_id, id FROM messaging_message
  WHERE state = 9 AND due_at <= %s AND id >= %s AND id < %s ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED)
UPDATE messaging_message m
SET due_at = %s + LEAST(GREATEST(%s - uuid_extract_timestamp(m.id), interval '30 seconds'), interval '15 minutes')
FROM picked p WHERE m.account_id = p.account_id AND m.id = p.id AND m.id >= %s AND m.id < %s
RETURNING m.id, m.account_id, m.attempts
"""
_UNANSWERED_DAYS: Final = """
SELECT DISTINCT day FROM messaging_daycount
WHERE direction = 0 AND state IN (3, 9) AND messages > 0 AND day >= %s AND day <= %s
"""
_UNANSWERED: Final = """
SELECT account_id, id FROM messaging_message
WHERE state IN (3, 9) AND direction = 0 AND id >= %s AND id < %s AND COALESCE(sent_at, %s) <= %s
LIMIT %s FOR UPDATE SKIP LOCKED
"""


class Asked(NamedTuple):
    """Whose message it is, and which attempt the carrier is asked about."""

    account_id: UUID
    attempt: int


def reconcile(alias: str, carrier: Carrier) -> int:
    """Ask the carrier about every unknown message whose time to ask has come; how many it could settle."""
    settled = 0
    while True:
        with system_scope(JOB, using=(alias,)):
            asked = _to_ask(alias)
        if not asked:
            return settled
        try:
            standings = carrier.query(list(asked))
        except CarrierError as error:
            log.warning("a carrier could not be asked", extra={"carrier": carrier.name, "why": error.log})
            return settled
        except Exception as error:
            log.exception(
                "asking a carrier failed",
                extra={"carrier": carrier.name, "database": alias, "error": type(error).__name__},
            )
            return settled
        now = clock.now()
        with system_scope(JOB, using=(alias,)):
            settled += record(
                alias,
                [
                    _report(asked[one.reference], carrier, one, now)
                    for one in standings
                    if one.reference in asked
                ],
            )


def close_unanswered(alias: str) -> int:
    """Expire what has waited for a receipt or an answer longer than RECEIPT_WAIT; how many."""
    until = clock.now() - bounds.RECEIPT_WAIT
    with system_scope(JOB, using=(alias,)), connections[alias].cursor() as cursor:
        cursor.execute(_UNANSWERED_DAYS, [(clock.now() - bounds.LOOK_BACK).date(), until.date()])
        days = sorted(row[0] for row in cursor.fetchall())
    return sum(_close_day(alias, day, until) for day in days)


def _to_ask(alias: str) -> dict[UUID, Asked]:
    """The messages to ask about now."""
    now, (low, high) = clock.now(), bounds.waiting()
    with connections[alias].cursor() as cursor:
        cursor.execute(_ASK, [now, low, high, LIMIT, now, now, low, high])
        return {values[0]: Asked(*values[1:]) for values in cursor.fetchall()}


def _report(asked: Asked, carrier: Carrier, standing: Standing, now: datetime) -> Report:
    if standing.state is None:
        return Report(
            asked.account_id,
            standing.reference,
            State.QUEUED,
            Actor.CARRIER,
            now,
            note="reconciled",
            due_at=now,
            attempt=asked.attempt,
        )
    return Report(
        asked.account_id,
        standing.reference,
        standing.state,
        Actor.CARRIER,
        now,
        standing.error_code,
        note="reconciled",
        carrier=carrier.name,
        carrier_ref=standing.carrier_ref,
    )


def _close_day(alias: str, day: date, until: datetime) -> int:
    """Close a day's share, a bounded number of messages a transaction."""
    low = uuid7_floor(day)
    high = min(uuid7_floor(day + timedelta(days=1)), uuid7_floor(until))
    closed = 0
    while True:
        now = clock.now()
        with system_scope(JOB, using=(alias,)):
            with connections[alias].cursor() as cursor:
                cursor.execute(_UNANSWERED, [low, high, until, until, LIMIT])
                rows = cursor.fetchall()
            moved = record(
                alias,
                [
                    Report(account, one, State.EXPIRED, Actor.PAASOO, now, note="no_receipt")
                    for account, one in rows
                ],
            )
        closed += moved
        if moved < LIMIT:
            return closed
