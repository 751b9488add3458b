"""The rows of the calls to make: claimed by lease, opened, and written back with what came of them."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connections

from messaging.accept.rows import NUMBER, TABLE
from messaging.delivery import bounds
from messaging.delivery.models import PushState
from messaging.delivery.push_calls import Push, Result, address
from paasoo_portal.core import bulk, clock
from paasoo_portal.core.ids import time_of
from privacy.keys import Erased, Opener, SealRefused, UnknownKey, opener

log = logging.getLogger(__name__)

LEASE_SECONDS: Final = 60
GIVE_UP_AFTER: Final = timedelta(days=3)
PAUSES: Final = (10, 30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600)
# Of the calls that are due, the oldest of those accounts that may be called; of each account no more than its share.
_CLAIM: Final = """
WITH share AS (SELECT * FROM unnest(%(accounts)s::uuid[], %(shares)s::integer[]) AS s(account_id, most)),
due AS (
  SELECT p.account_id, p.message_id, p.id, p.due_at FROM messaging_deliverypush p
  WHERE p.state = 0 AND p.due_at <= %(now)s AND (p.leased_until IS NULL OR p.leased_until < now())
    AND p.message_id >= %(low)s AND p.message_id < %(high)s
    AND NOT EXISTS (SELECT 1 FROM share s WHERE s.account_id = p.account_id AND s.most = 0)
  ORDER BY p.due_at LIMIT 1000),
placed AS (
  SELECT due.*, COALESCE(s.most, 1) AS most,
    row_number() OVER (PARTITION BY account_id ORDER BY due_at, id) AS place
  FROM due LEFT JOIN share s USING (account_id)),
picked AS (
  SELECT p.account_id, p.message_id, p.id FROM messaging_deliverypush p
  JOIN placed d ON p.account_id = d.account_id AND p.message_id = d.message_id AND p.id = d.id
  WHERE d.place <= d.most AND p.message_id >= %(low)s AND p.message_id < %(high)s
    AND p.state = 0 AND (p.leased_until IS NULL OR p.leased_until < now())
  ORDER BY d.place, d.due_at LIMIT %(limit)s FOR UPDATE OF p SKIP LOCKED)
UPDATE messaging_deliverypush p SET leased_until = now() + make_interval(secs => %(lease)s), attempts = p.attempts + 1
FROM picked c WHERE p.account_id = c.account_id AND p.message_id = c.message_id AND p.id = c.id
  AND p.message_id >= %(low)s AND p.message_id < %(high)s
RETURNING p.account_id, p.message_id, p.id, p.message_state, p.error_code, p.attempts
"""
_DETAILS: Final = """
SELECT m.id, m.network, m.number_key_id, m.number_sealed, a.push_url
FROM unnest(%s::uuid[], %s::uuid[]) AS w(account_id, id)
JOIN messaging_message m ON m.account_id = w.account_id AND m.id = w.id
JOIN messaging_regionaccount a ON a.account_id = m.account_id
WHERE m.id >= %s AND m.id <= %s
"""
_RECORD: Final = """
UPDATE messaging_deliverypush p SET state = o.state, due_at = o.due_at, attempts = o.attempts,
  last_status = o.last_status, last_error = o.last_error, last_at = o.last_at, leased_until = NULL
FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::smallint[], %s::timestamptz[], %s::smallint[], %s::smallint[],
  %s::text[], %s::timestamptz[])
  AS o(account_id, message_id, id, state, due_at, attempts, last_status, last_error, last_at)
WHERE p.account_id = o.account_id AND p.message_id = o.message_id AND p.id = o.id
  AND p.message_id >= %s AND p.message_id <= %s AND p.state = 0
"""
# Behind a silent server most calls are never made: they end when their time has passed.
_GIVE_UP: Final = """
UPDATE messaging_deliverypush SET state = 2, last_error = COALESCE(NULLIF(last_error, ''), 'no_answer'), last_at = %s
WHERE state = 0 AND due_at <= %s AND account_id = ANY(%s) AND message_id >= %s AND message_id < %s
  AND (leased_until IS NULL OR leased_until < now())
"""


def claim(alias: str, shares: Mapping[UUID, int], limit: int) -> list[Push]:
    """Lease the calls to make now. Needs a system scope."""
    low, high = bounds.waiting()
    with connections[alias].cursor() as cursor:
        cursor.execute(
            _CLAIM,
            {
                "accounts": list(shares), "shares": list(shares.values()), "now": clock.now(), "low": low,
                "high": high, "limit": limit, "lease": LEASE_SECONDS,
            },
        )  # fmt: skip
        claimed = [Push(*values) for values in cursor.fetchall()]
        if not claimed:
            return []
        wanted = {push.message_id: push.account_id for push in claimed}
        cursor.execute(_DETAILS, [list(wanted.values()), list(wanted), *bounds.of(wanted)])
        details = {values[0]: values[1:] for values in cursor.fetchall()}
    keys = opener(alias, until_taken=True)
    with suppress(SealRefused):  # a damaged key shows again at its own rows
        keys.prefetch([key_id for _, key_id, _, _ in details.values()])
    return [_addressed(keys, push, details.get(push.message_id)) for push in claimed]


def give_up(alias: str, accounts: Sequence[UUID]) -> None:
    """End what has waited too long behind these accounts' silent servers. Needs a system scope."""
    if not accounts:
        return
    now = clock.now()
    with connections[alias].cursor() as cursor:
        cursor.execute(_GIVE_UP, [now, now - GIVE_UP_AFTER, list(accounts), *bounds.waiting()])


def record(alias: str, results: Sequence[tuple[Push, Result]]) -> None:
    """Write what came of calls. Needs a system scope."""
    now = clock.now()
    values = [_outcome(push, result, now) for push, result in results]
    with connections[alias].cursor() as cursor:
        cursor.execute(_RECORD, [*bulk.transpose(values), *bounds.of(push.message_id for push, _ in results)])


def _addressed(keys: Opener, push: Push, details: tuple[str, UUID, bytes | None, str] | None) -> Push:
    """With its URL, unless the message or the account's URL is gone, or the number does not open."""
    if details is None or not details[3]:
        return push
    network, key_id, sealed, url = details
    try:
        number = "" if sealed is None else _number(keys, push.message_id, key_id, sealed)
    except (SealRefused, UnknownKey) as error:
        log.error(
            "a number does not open", extra={"message_id": push.message_id, "error": type(error).__name__}
        )
        return push
    return replace(push, url=address(url, push, number=number, network=network))


def _number(keys: Opener, message_id: UUID, key_id: UUID, sealed: bytes) -> str:
    try:
        return keys.open(key_id, bytes(sealed), table=TABLE, column=NUMBER, row=message_id).decode()
    except Erased:
        return ""


def _outcome(push: Push, result: Result, now: datetime) -> tuple[object, ...]:
    if result.done:
        state = PushState.DONE
    elif result.error == "no_url" or now - time_of(push.id) > GIVE_UP_AFTER:
        state = PushState.FAILED
    else:
        state = PushState.PENDING
    pause = PAUSES[min(push.attempts, len(PAUSES)) - 1]
    due_at = now + timedelta(seconds=pause * random.uniform(0.8, 1.2))
    return (
        push.account_id, push.message_id, push.id, state, due_at, push.attempts, result.status, result.error, now,
    )  # fmt: skip
