"""One region behind the door: its connections, its projections and its commit groups.

Whatever queued up while the last group was being committed becomes the next group; nobody waits for a timer, and a
client is answered only after the commit.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import psycopg
import redis.asyncio
from django.conf import settings
from django.db import close_old_connections

from messaging.accept import keyring, limits
from messaging.accept.codes import SubmitCode
from messaging.accept.rows import ACCEPT_SQL, Row, parameters
from messaging.accept.rules import Keeping
from messaging.allowance import services as allowance
from messaging.door.projections import Projections
from paasoo_portal.core.dsn import conninfo
from paasoo_portal.core.faults import fault

logger = logging.getLogger(__name__)
MAX_GROUP: Final = 500
MAX_WAITING: Final = 5000
_RETRY_AFTER: Final = 1.0
_CONNECT: Final = {"connect_timeout": 3, "options": "-c statement_timeout=5000 -c lock_timeout=4000"}


@dataclass(slots=True)
class Item:
    """One request's messages on their way into a group."""

    rows: list[Row]
    claim: limits.Claim
    done: asyncio.Future[SubmitCode] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def answer(self, code: SubmitCode) -> None:
        if not self.done.done():
            self.done.set_result(code)


class RegionDoor:
    """Everything one process holds of a region. Lives in one event loop."""

    def __init__(self, code: str, alias: str) -> None:
        self.code, self.alias = code, alias
        self.projections = Projections()
        self._queue: list[Item] = []
        self._wanted = asyncio.Event()
        self._flusher: asyncio.Task[None] | None = None
        self._connections: dict[str, psycopg.AsyncConnection[Any]] = {}
        self._opening: dict[str, asyncio.Lock] = {}
        self._down_until = 0.0
        self._valkey: redis.asyncio.Redis | None = None
        self._valkey_away_until = 0.0
        self._making: dict[tuple[UUID, Keeping], asyncio.Future[keyring.Pair]] = {}

    # --- What requests ask for -------------------------------------------------------------------------------

    async def submit(self, item: Item) -> SubmitCode:
        """Have the messages stored with the next group, and say what became of them."""
        if len(self._queue) >= MAX_WAITING:
            return SubmitCode.SYSTEM_ERROR
        self._queue.append(item)
        self._wanted.set()
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush_for_ever())
        return await item.done

    async def reader(self) -> psycopg.AsyncConnection[Any]:
        return await self._connection("reader")

    async def keys(self, account_id: UUID, keeping: Keeping) -> keyring.Pair:
        """The day's two keys; a miss is made once, in a thread, whoever waits for it."""
        wanted = (account_id, keeping)
        if wanted not in self._making:
            self._making[wanted] = asyncio.ensure_future(
                asyncio.to_thread(_in_thread, keyring.fetch, self.alias, account_id, keeping)
            )
        making = self._making[wanted]
        try:
            return await asyncio.shield(making)
        finally:
            self._making.pop(wanted, None)

    async def close(self) -> None:
        """Let the last group finish, then hang up."""
        deadline = time.monotonic() + 8
        while self._queue and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        if self._flusher is not None:
            self._flusher.cancel()
        for connection in self._connections.values():
            await connection.close()
        if self._valkey is not None:
            await self._valkey.aclose()

    # --- Groups ----------------------------------------------------------------------------------------------

    async def _flush_for_ever(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            while self._queue:
                group, self._queue = self._queue[:MAX_GROUP], self._queue[MAX_GROUP:]
                try:
                    await self._flush(group)
                except Exception:
                    logger.exception("a commit group failed", extra={"region": self.code})
                    for item in group:
                        item.answer(SubmitCode.SYSTEM_ERROR)

    async def _flush(self, group: list[Item]) -> None:
        passed: list[Item] = []
        for item, verdict in zip(group, await self._limit(group), strict=True):
            if verdict is SubmitCode.SUCCESS:
                passed.append(item)
            else:
                item.answer(verdict)
        if not passed:
            return
        try:
            unpaid = await self._store(passed)
        except psycopg.OperationalError:
            await self._lost(passed)
        except psycopg.Error:
            await self._one_by_one(passed)
        else:
            fault("door.after_commit")
            for item in passed:
                if item not in unpaid:
                    item.answer(SubmitCode.SUCCESS)
            if unpaid:
                await self._borrow(unpaid)
        await self._wake()

    async def _store(self, items: list[Item]) -> list[Item]:
        """One statement, one commit. Returns the items whose account could not pay for its whole group."""
        accounts, values = parameters([row for item in items for row in item.rows])
        connection = await self._connection("writer")
        fault("door.before_commit")
        cursor = await connection.execute(ACCEPT_SQL, values, prepare=True)
        row = await cursor.fetchone()
        paid = dict(zip(accounts, row[0] if row else [], strict=True))
        return [item for item in items if not paid[item.rows[0].account_id]]

    async def _borrow(self, items: list[Item]) -> None:
        """The region's allowance did not cover these: fetch from the balance, once, then one by one."""
        wanted: dict[UUID, Decimal] = {}
        for item in items:
            account_id = item.rows[0].account_id
            cost = sum((row.price * row.segments for row in item.rows), Decimal(0))
            wanted[account_id] = wanted.get(account_id, Decimal(0)) + cost
        for account_id, amount in wanted.items():
            try:
                await asyncio.to_thread(_in_thread, allowance.pull, account_id, self.code, amount)
            except Exception:
                logger.exception("allowance not fetched", extra={"region": self.code})
        await self._one_by_one(items)

    async def _one_by_one(self, items: list[Item]) -> None:
        """Each item on its own, so that one that cannot be stored takes no other with it."""
        for item in items:
            try:
                unpaid = await self._store([item])
            except psycopg.OperationalError:
                await self._lost([item])
            except psycopg.Error:
                logger.exception("a message could not be stored", extra={"region": self.code})
                item.answer(SubmitCode.SYSTEM_ERROR)
                await self._release([item])
            else:
                item.answer(SubmitCode.QUOTA_EXCEEDED if unpaid else SubmitCode.SUCCESS)
                if unpaid:
                    await self._release([item])

    async def _lost(self, items: list[Item]) -> None:
        self._down_until = time.monotonic() + _RETRY_AFTER
        connection = self._connections.pop("writer", None)
        if connection is not None:
            await connection.close()
        for item in items:
            item.answer(SubmitCode.SYSTEM_ERROR)
        await self._release(items)

    # --- Valkey: limits and the dispatcher's bell ------------------------------------------------------------

    async def _limit(self, group: Sequence[Item]) -> list[SubmitCode]:
        claims = [item.claim for item in group]
        client = self._client()
        if client is not None:
            arguments = limits.arguments(claims)
            try:
                try:
                    answers = await client.evalsha(limits.LUA_SHA, 0, *arguments)
                except redis.exceptions.NoScriptError:
                    answers = await client.eval(limits.LUA, 0, *arguments)
                return [SubmitCode(answer) for answer in answers]
            except (redis.RedisError, OSError, asyncio.TimeoutError):
                self._valkey_away_until = time.monotonic() + _RETRY_AFTER
        return limits.local.check(claims)

    async def _release(self, items: Sequence[Item]) -> None:
        marks = [f"paasoo:b:{mark}" for item in items for mark in item.claim.marks]
        await self._tell("DEL", *marks)

    async def _wake(self) -> None:
        key = limits.wake_key(self.alias)
        await self._tell("LPUSH", key, "1")
        await self._tell("LTRIM", key, "0", "0")

    async def _tell(self, *command: str) -> None:
        client = self._client()
        if client is not None:
            try:
                await client.execute_command(*command)
            except (redis.RedisError, OSError, asyncio.TimeoutError):
                self._valkey_away_until = time.monotonic() + _RETRY_AFTER

    def _client(self) -> redis.asyncio.Redis | None:
        if time.monotonic() < self._valkey_away_until:
            return None
        if self._valkey is None:
            self._valkey = redis.asyncio.Redis.from_url(
                settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5
            )
        return self._valkey

    # --- PostgreSQL ------------------------------------------------------------------------------------------

    async def _connection(self, name: str) -> psycopg.AsyncConnection[Any]:
        """An open connection as role ingest. Raises OperationalError, at once while it is known to be down."""
        held = self._connections.get(name)
        if held is not None and not held.closed and not held.broken:
            return held
        lock = self._opening.setdefault(name, asyncio.Lock())
        async with lock:
            held = self._connections.get(name)
            if held is not None and not held.closed and not held.broken:
                return held
            if time.monotonic() < self._down_until:
                raise psycopg.OperationalError("the region is known to be down")
            try:
                self._connections[name] = await psycopg.AsyncConnection.connect(
                    conninfo(self.alias, "ingest", **_CONNECT), autocommit=True
                )
            except psycopg.OperationalError:
                self._down_until = time.monotonic() + _RETRY_AFTER
                raise
            return self._connections[name]


def _in_thread(work: Any, *arguments: Any) -> Any:
    """Run synchronous work on Django's connections in this thread, none of them left stale."""
    close_old_connections()
    try:
        return work(*arguments)
    finally:
        close_old_connections()
