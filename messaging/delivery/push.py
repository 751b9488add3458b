"""Telling the customer's own URL what became of a message, in the classic API's form. Retried as rows for three days.

The number is opened only to be sent, and stands in nothing of ours but the call itself. An account's calls are made one
after the other, and a URL that does not answer ends its turn, so that no customer's server delays another's.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http.client import HTTPException
from itertools import groupby
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import UUID

from django.db import connections

from messaging.accept.rows import NUMBER, TABLE
from messaging.classic import ids
from messaging.classic.statuses import dr_status
from messaging.delivery import bounds
from messaging.delivery.models import PushState
from messaging.messages.states import State
from paasoo_portal.core import bulk, clock, outbound
from paasoo_portal.core.faults import fault
from paasoo_portal.core.ids import time_of
from paasoo_portal.core.tenancy import system_scope
from privacy.keys import Erased, SealRefused, UnknownKey, opener

log = logging.getLogger(__name__)

JOB: Final = "push"
BATCH: Final = 200
CALLS_AT_ONCE: Final = 8
CALL_SECONDS: Final = 10.0
ROUND_SECONDS: Final = 60
GIVE_UP_AFTER: Final = timedelta(days=3)
PAUSES: Final = (10, 30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600)
_CLAIM: Final = """
WITH picked AS (
  SELECT account_id, message_id, id FROM messaging_deliverypush
  WHERE state = 0 AND due_at <= %s AND (leased_until IS NULL OR leased_until < now())
    AND message_id >= %s AND message_id < %s
  ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED)
UPDATE messaging_deliverypush p SET leased_until = now() + make_interval(secs => %s), attempts = p.attempts + 1
FROM picked c WHERE p.account_id = c.account_id AND p.message_id = c.message_id AND p.id = c.id
  AND p.message_id >= %s AND p.message_id < %s
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
  AND p.message_id >= %s AND p.message_id <= %s
"""


@dataclass(frozen=True, repr=False)
class Push:
    """One call to make; `url` is empty when there is nothing to call any more."""

    account_id: UUID
    message_id: UUID
    id: UUID
    message_state: int
    error_code: int | None
    attempts: int
    url: str = ""


@dataclass(frozen=True)
class Result:
    """What came of a call: the status of an answer, or a short word for why there was none."""

    status: int | None = None
    error: str = ""

    @property
    def done(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


NOT_TRIED: Final = Result(error="postponed")


def push_due(alias: str) -> int:
    """Make one round of the calls that are due; how many were claimed."""
    with system_scope(JOB, using=(alias,)):
        pushes = _claim(alias)
    if not pushes:
        return 0
    turns = [list(turn) for _, turn in groupby(sorted(pushes, key=_turn), key=lambda push: push.account_id)]
    with ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="push") as pool:
        results = [pair for turn in pool.map(_call_in_turn, turns) for pair in turn]
    fault("push.after_call")
    with system_scope(JOB, using=(alias,)):
        _record(alias, results)
    return len(pushes)


def address(url: str, push: Push, *, number: str, network: str) -> str:
    """The customer's URL with the classic parameters after its own."""
    code, word = dr_status(State(push.message_state))
    parameters = {
        "type": "dlr",
        "messageid": ids.encode(push.message_id),
        "to": number,
        "status": code,
        "statuscode": word,
        "errcode": push.error_code or 0,
        "network": network,
    }
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode(parameters))))
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def _turn(push: Push) -> tuple[UUID, UUID]:
    return push.account_id, push.id


def _claim(alias: str) -> list[Push]:
    low, high = bounds.waiting()
    with connections[alias].cursor() as cursor:
        cursor.execute(_CLAIM, [clock.now(), low, high, BATCH, ROUND_SECONDS * 2, low, high])
        claimed = [Push(*values) for values in cursor.fetchall()]
        if not claimed:
            return []
        wanted = {push.message_id: push.account_id for push in claimed}
        cursor.execute(_DETAILS, [list(wanted.values()), list(wanted), *bounds.of(wanted)])
        details = {values[0]: values[1:] for values in cursor.fetchall()}
    keys = opener(alias, until_taken=True)
    keys.prefetch([key_id for _, key_id, _, _ in details.values()])
    urls = {}
    for identity, (network, key_id, sealed, url) in details.items():
        try:
            number = "" if sealed is None else keys.open(
                key_id, bytes(sealed), table=TABLE, column=NUMBER, row=identity
            ).decode()  # fmt: skip
        except Erased:
            number = ""
        except (SealRefused, UnknownKey) as error:
            log.error("a number does not open", extra={"message_id": identity, "error": type(error).__name__})
            continue
        urls[identity] = (url, number, network)
    return [_addressed(push, urls.get(push.message_id)) for push in claimed]


def _addressed(push: Push, details: tuple[str, str, str] | None) -> Push:
    if details is None or not details[0]:
        return push
    url, number, network = details
    return replace(push, url=address(url, push, number=number, network=network))


def _call_in_turn(turn: Sequence[Push]) -> list[tuple[Push, Result]]:
    """One account's calls, in the order in which things happened, until its server does not answer."""
    results: list[tuple[Push, Result]] = []
    deadline = clock.now() + timedelta(seconds=ROUND_SECONDS)
    silent = False
    for push in turn:
        result = NOT_TRIED if silent or clock.now() > deadline else _call(push)
        silent = silent or (result.status is None and bool(push.url))
        results.append((push, result))
    return results


def _call(push: Push) -> Result:
    if not push.url:
        return Result(error="no_url")
    try:
        answer = outbound.fetch("GET", push.url, timeout=CALL_SECONDS)
    except outbound.OutboundRefused as refused:
        return Result(error=refused.code)
    except TimeoutError:
        return Result(error="timeout")
    except (OSError, HTTPException):
        return Result(error="no_answer")
    return Result(answer.status, "" if 200 <= answer.status < 300 else "bad_status")


def _record(alias: str, results: Sequence[tuple[Push, Result]]) -> None:
    now = clock.now()
    values = [_outcome(push, result, now) for push, result in results]
    with connections[alias].cursor() as cursor:
        cursor.execute(_RECORD, [*bulk.transpose(values), *bounds.of(push.message_id for push, _ in results)])


def _outcome(push: Push, result: Result, now: datetime) -> tuple[object, ...]:
    attempts = push.attempts - (result is NOT_TRIED)
    if result.done:
        state = PushState.DONE
    elif result.error == "no_url" or now - time_of(push.id) > GIVE_UP_AFTER:
        state = PushState.FAILED
    else:
        state = PushState.PENDING
    pause = PAUSES[min(max(attempts - 1, 0), len(PAUSES) - 1)]
    due_at = now + timedelta(seconds=pause * random.uniform(0.8, 1.2))
    return (
        push.account_id, push.message_id, push.id, state, due_at, attempts, result.status, result.error, now,
    )  # fmt: skip
