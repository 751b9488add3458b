"""The shared counters and the dispatchers' bells, asked without blocking the event loop.

Valkey is a hint everywhere: when it does not answer, limits are counted in this process and dispatchers look by
themselves.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any, Final

import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError

from messaging.accept import limits
from messaging.accept.codes import SubmitCode
from messaging.accept.limits import Claim

log = logging.getLogger(__name__)
_AWAY_SECONDS: Final = 1.0
_WAITS: Final = 0.5


class Valkey:
    """One process's way to Valkey. Lives in one event loop."""

    def __init__(self) -> None:
        self._client: redis.asyncio.Redis | None = None
        self._away_until = 0.0
        self._ringing: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()

    async def check(self, claims: Sequence[Claim]) -> list[SubmitCode]:
        """The verdict on each claim: SUCCESS, MESSAGE_BOMBING or THROTTLED."""
        answers = await self._ask(self._eval(limits.arguments(claims)))
        if answers is None:
            return limits.local.check(claims)
        return [SubmitCode(answer) for answer in answers]

    async def release(self, claims: Sequence[Claim]) -> None:
        """Take back the marks of what was not stored after all."""
        limits.local.release(claims)
        await self._ask(self._command("DEL", *limits.marks_of(claims)))

    def ring(self, alias: str) -> None:
        """Wake the region's dispatcher; one ring at a time, and one more when something came meanwhile."""
        if alias in self._ringing:
            self._again.add(alias)
        else:
            self._ringing[alias] = asyncio.create_task(self._ring(alias))

    async def close(self) -> None:
        await asyncio.gather(*self._ringing.values(), return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    async def _ring(self, alias: str) -> None:
        try:
            while True:
                self._again.discard(alias)
                await self._ask(self._bell(limits.wake_key(alias)))
                if alias not in self._again:
                    return
        finally:
            del self._ringing[alias]

    async def _bell(self, key: str) -> None:
        async with self._connected().pipeline(transaction=False) as pipe:
            pipe.lpush(key, 1)
            pipe.ltrim(key, 0, 0)
            await pipe.execute()

    async def _eval(self, arguments: list[str | int]) -> Any:
        client = self._connected()
        try:
            return await client.evalsha(limits.LUA_SHA, 0, *arguments)
        except NoScriptError:
            return await client.eval(limits.LUA, 0, *arguments)

    async def _command(self, *command: str) -> Any:
        return await self._connected().execute_command(*command)

    async def _ask(self, question: Any) -> Any:
        """The answer, or None while Valkey is away."""
        if time.monotonic() < self._away_until:
            question.close()
            return None
        try:
            return await question
        except (RedisError, OSError, TimeoutError) as error:
            self._away_until = time.monotonic() + _AWAY_SECONDS
            log.warning("counters are local: valkey does not answer", extra={"error": type(error).__name__})
            return None

    def _connected(self) -> redis.asyncio.Redis:
        if self._client is None:
            self._client = redis.asyncio.Redis.from_url(
                settings.REDIS_URL,
                socket_timeout=_WAITS,
                socket_connect_timeout=_WAITS,
                retry=Retry(NoBackoff(), 1),
            )
        return self._client
