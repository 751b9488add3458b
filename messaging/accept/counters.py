"""The shared counters and the dispatcher's bell, for synchronous callers (the portal's pages)."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Final

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from messaging.accept import limits
from messaging.accept.codes import SubmitCode
from messaging.accept.limits import Claim

log = logging.getLogger(__name__)
AWAY_SECONDS: Final = 1.0
_client: redis.Redis | None = None
_away_until = 0.0


def check(claims: Sequence[Claim]) -> list[SubmitCode]:
    """The verdict on each claim: SUCCESS, MESSAGE_BOMBING or THROTTLED."""
    global _away_until
    if time.monotonic() >= _away_until:
        try:
            answers = connection().eval(limits.LUA, 0, *limits.arguments(claims))
            return [SubmitCode(answer) for answer in answers]
        except redis.RedisError as error:
            _away_until = time.monotonic() + AWAY_SECONDS
            log.warning("counters are local: valkey does not answer", extra={"error": type(error).__name__})
    return limits.local.check(claims)


def release(claims: Sequence[Claim]) -> None:
    """Take back the marks of what was not stored after all."""
    limits.local.release(claims)
    try:
        connection().delete(*limits.marks_of(claims))
    except redis.RedisError:
        pass  # they fade in three seconds


def wake(alias: str) -> None:
    """Tell the dispatcher of a region that something waits. A hint: it looks by itself as well."""
    try:
        with connection().pipeline(transaction=False) as pipe:
            pipe.lpush(limits.wake_key(alias), 1)
            pipe.ltrim(limits.wake_key(alias), 0, 0)
            pipe.execute()
    except redis.RedisError:
        pass  # the row is the queue; the dispatcher's own look finds it


def connection() -> redis.Redis:
    global _client
    if _client is None:
        _client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 1)
        )
    return _client
