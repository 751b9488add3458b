"""`Idempotency-Key`: the same key with the same body gets the stored answer; with another body it is refused.

The key is taken in a transaction of its own, so that a second request in the meantime is told to wait; the answer is
stored in the transaction that stores the messages, so that a crash can neither send twice nor lose the answer. Kept a
day.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connections
from django.utils.encoding import force_bytes

from messaging.rest.problems import Problem
from paasoo_portal.core import clock
from paasoo_portal.core.tenancy import scope

LONGEST: Final = 255
KEPT: Final = timedelta(hours=24)
# A request that was begun and neither answered nor heard of since has died; the next one takes its place.
UNDER_WAY: Final = timedelta(seconds=60)
_TAKE: Final = """
INSERT INTO messaging_idempotencykey AS k (account_id, digest, body_digest, created_at)
VALUES (%s, %s, %s, %s)
ON CONFLICT (account_id, digest) DO UPDATE SET body_digest = excluded.body_digest, created_at = excluded.created_at,
  status = NULL, answer = NULL
WHERE k.created_at < %s OR (k.status IS NULL AND k.created_at < %s)
RETURNING id
"""
_FIND: Final = (
    "SELECT body_digest, status, answer FROM messaging_idempotencykey WHERE account_id = %s AND digest = %s"
)
_ANSWER: Final = (
    "UPDATE messaging_idempotencykey SET status = %s, answer = %s::jsonb "
    "WHERE account_id = %s AND digest = %s"
)


@dataclass(frozen=True)
class Answer:
    """What was answered the first time."""

    status: int
    body: Any


class Once:
    """One request under an Idempotency-Key; without a key it does nothing."""

    def __init__(self, alias: str, account_id: UUID, key: str | None, body: bytes) -> None:
        if key is not None and not 1 <= len(key) <= LONGEST:
            raise Problem("invalid", errors=[("#Idempotency-Key", f"Use 1 to {LONGEST} characters.")])
        self._alias, self._account_id = alias, account_id
        self._digest = None if key is None else _digest(b"key", force_bytes(key))
        self._body = _digest(b"body", body)

    def begin(self) -> Answer | None:
        """Take the key, or the answer it already has. Raises Problem when it is in flight or was another request's."""
        if self._digest is None:
            return None
        now = clock.now()
        with scope(self._account_id, using=[self._alias]), connections[self._alias].cursor() as cursor:
            cursor.execute(
                _TAKE, [self._account_id, self._digest, self._body, now, now - KEPT, now - UNDER_WAY]
            )
            if cursor.fetchone() is not None:
                return None
            cursor.execute(_FIND, [self._account_id, self._digest])
            body, status, answer = cursor.fetchone()
        if not hmac.compare_digest(bytes(body), self._body):
            raise Problem("key-reused")
        if status is None:
            raise Problem("in-flight")
        # Django leaves jsonb as text to raw cursors.
        return Answer(status, orjson.loads(answer))

    def finish(self, status: int, answer: Any) -> None:
        """Store the answer, in the transaction that is open on the region or in one of its own."""
        if self._digest is None:
            return
        with scope(self._account_id, using=[self._alias]), connections[self._alias].cursor() as cursor:
            cursor.execute(_ANSWER, [status, orjson.dumps(answer).decode(), self._account_id, self._digest])

    def give_up(self) -> None:
        """Nothing was done: the key may be used again at once."""
        if self._digest is None:
            return
        with scope(self._account_id, using=[self._alias]), connections[self._alias].cursor() as cursor:
            cursor.execute(
                "DELETE FROM messaging_idempotencykey WHERE account_id = %s AND digest = %s AND status IS NULL",
                [self._account_id, self._digest],
            )


def _digest(purpose: bytes, value: bytes) -> bytes:
    key = hmac.digest(force_bytes(settings.SECRET_KEY), b"messaging.rest.idempotency." + purpose, "sha256")
    return hmac.digest(key, value, "sha256")
