"""The rows of the calls to make: claimed by lease, opened, and written back with what came of them."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from django.db import connections

from messaging.accept.rows import NUMBER, TABLE
from messaging.delivery import bounds
from messaging.delivery.models import PushState
from messaging.delivery.push_calls import Push, Result, address
from messaging.messages.states import State
from messaging.webhooks import body, signature
from messaging.webhooks.models import RegionWebhook
from paasoo_portal.core import bulk, clock
from paasoo_portal.core.ids import time_of
from privacy.keys import Erased, Opener, SealRefused, UnknownKey, opener

log = logging.getLogger(__name__)

LEASE_SECONDS: Final = 60
GIVE_UP_AFTER: Final = timedelta(days=3)
PAUSES: Final = (10, 30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600)
# Of the calls that are due, the oldest of those servers that may be called; of each server no more than its share.
_CLAIM: Final = """
WITH share AS (SELECT * FROM unnest(%(servers)s::uuid[], %(shares)s::integer[]) AS s(server_id, most)),
due AS (
  SELECT p.account_id, p.message_id, p.id, p.due_at, COALESCE(p.endpoint_id, p.account_id) AS server_id FROM messaging_deliverypush p
  WHERE p.state = 0 AND p.due_at <= %(now)s AND (p.leased_until IS NULL OR p.leased_until < now())
    AND p.message_id >= %(low)s AND p.message_id < %(high)s
    AND NOT EXISTS (SELECT 1 FROM share s WHERE s.server_id = COALESCE(p.endpoint_id, p.account_id) AND s.most = 0)
  ORDER BY p.due_at LIMIT 1000),
placed AS (
  SELECT due.*, COALESCE(s.most, 1) AS most,
    row_number() OVER (PARTITION BY server_id ORDER BY due_at, id) AS place
  FROM due LEFT JOIN share s USING (server_id)),
picked AS (
  SELECT p.account_id, p.message_id, p.id FROM messaging_deliverypush p
  JOIN placed d ON p.account_id = d.account_id AND p.message_id = d.message_id AND p.id = d.id
  WHERE d.place <= d.most AND p.message_id >= %(low)s AND p.message_id < %(high)s
    AND p.state = 0 AND (p.leased_until IS NULL OR p.leased_until < now())
  ORDER BY d.place, d.due_at LIMIT %(limit)s FOR UPDATE OF p SKIP LOCKED)
UPDATE messaging_deliverypush p SET leased_until = now() + make_interval(secs => %(lease)s), attempts = p.attempts + 1
FROM picked c WHERE p.account_id = c.account_id AND p.message_id = c.message_id AND p.id = c.id
  AND p.message_id >= %(low)s AND p.message_id < %(high)s
RETURNING p.account_id, p.message_id, p.id, p.endpoint_id, p.message_state, p.error_code, p.attempts
"""
# With 0 days the token went with the last state; the number itself may be kept in its place by a legal hold.
_DETAILS: Final = """
SELECT m.id, m.network, m.number_key_id, CASE WHEN m.number_token IS NOT NULL THEN m.number_sealed END, m.client_ref, m.segments, m.price, m.final_at, a.currency,
  a.push_url
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
UPDATE messaging_deliverypush p SET state = 2, last_error = COALESCE(NULLIF(last_error, ''), 'no_answer'), last_at = %s
WHERE state = 0 AND due_at <= %s AND COALESCE(p.endpoint_id, p.account_id) = ANY(%s) AND message_id >= %s AND message_id < %s
  AND (leased_until IS NULL OR leased_until < now())
"""


class _Details(NamedTuple):
    """What a call says of its message."""

    id: UUID
    network: str
    key_id: UUID
    sealed: bytes | None
    client_ref: str
    segments: int
    price: Decimal
    final_at: datetime | None
    currency: str
    push_url: str


def claim(alias: str, shares: Mapping[UUID, int], limit: int) -> list[Push]:
    """Lease the calls to make now. Needs a system scope."""
    low, high = bounds.waiting()
    with connections[alias].cursor() as cursor:
        cursor.execute(
            _CLAIM,
            {
                "servers": list(shares), "shares": list(shares.values()), "now": clock.now(), "low": low,
                "high": high, "limit": limit, "lease": LEASE_SECONDS,
            },
        )  # fmt: skip
        claimed = [Push(*values) for values in cursor.fetchall()]
        if not claimed:
            return []
        wanted = {push.message_id: push.account_id for push in claimed}
        cursor.execute(_DETAILS, [list(wanted.values()), list(wanted), *bounds.of(wanted)])
        details = {values[0]: _Details(*values) for values in cursor.fetchall()}
    hooks = _webhooks(alias, claimed)
    keys = opener(alias, until_taken=True)
    with suppress(SealRefused):  # a damaged key shows again at its own rows
        keys.prefetch([known.key_id for known in details.values()])
    return [_addressed(keys, push, details.get(push.message_id), hooks) for push in claimed]


def give_up(alias: str, servers: Sequence[UUID]) -> None:
    """End what has waited too long behind these silent servers. Needs a system scope."""
    if not servers:
        return
    now = clock.now()
    with connections[alias].cursor() as cursor:
        cursor.execute(_GIVE_UP, [now, now - GIVE_UP_AFTER, list(servers), *bounds.waiting()])


def record(alias: str, results: Sequence[tuple[Push, Result]]) -> None:
    """Write what came of calls. Needs a system scope."""
    now = clock.now()
    values = [_outcome(push, result, now) for push, result in results]
    with connections[alias].cursor() as cursor:
        cursor.execute(_RECORD, [*bulk.transpose(values), *bounds.of(push.message_id for push, _ in results)])


def _webhooks(alias: str, claimed: Sequence[Push]) -> dict[UUID, RegionWebhook]:
    wanted = {push.endpoint_id for push in claimed if push.endpoint_id is not None}
    return RegionWebhook.objects.using(alias).in_bulk(list(wanted)) if wanted else {}


def _addressed(
    keys: Opener, push: Push, details: _Details | None, webhooks: Mapping[UUID, RegionWebhook]
) -> Push:
    """With its URL, unless the message or the URL is gone or paused, or the number does not open."""
    webhook = None if push.endpoint_id is None else webhooks.get(push.endpoint_id)
    url = (
        (details.push_url if details is not None else "")
        if push.endpoint_id is None
        else webhook and webhook.url
    )
    if details is None or not url:
        return push
    try:
        number = (
            "" if details.sealed is None else _number(keys, push.message_id, details.key_id, details.sealed)
        )
    except (SealRefused, UnknownKey) as error:
        log.error(
            "a number does not open", extra={"message_id": push.message_id, "error": type(error).__name__}
        )
        return push
    if webhook is None:
        return replace(push, url=address(url, push, number=number, network=details.network))
    told = body.of_message(
        message_id=push.message_id,
        state=State(push.message_state),
        at=details.final_at or clock.now(),
        number=number,
        error_code=push.error_code,
        client_ref=details.client_ref,
        segments=details.segments,
        price=details.price * details.segments,
        currency=details.currency,
    )
    return replace(push, url=webhook.url, body=told, secrets=signature.live(webhook))


def _number(keys: Opener, message_id: UUID, key_id: UUID, sealed: bytes) -> str:
    try:
        return keys.open(key_id, bytes(sealed), table=TABLE, column=NUMBER, row=message_id).decode()
    except Erased:
        return ""


def _outcome(push: Push, result: Result, now: datetime) -> tuple[object, ...]:
    error = result.error
    if result.done:
        state = PushState.DONE
    elif push.endpoint_id is not None and result.gone:
        state, error = PushState.FAILED, "gone"
    elif result.error == "no_url" or now - time_of(push.id) > GIVE_UP_AFTER:
        state = PushState.FAILED
    else:
        state = PushState.PENDING
    pause = PAUSES[min(push.attempts, len(PAUSES)) - 1]
    due_at = now + timedelta(seconds=pause * random.uniform(0.8, 1.2))
    return (
        push.account_id, push.message_id, push.id, state, due_at, push.attempts, result.status, error, now,
    )  # fmt: skip
