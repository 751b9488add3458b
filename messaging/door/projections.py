"""What the door knows of keys, accounts and prices: read from the region's projections, remembered for seconds.

What is in use is read again before its time is up, so no request waits for it; what could not be read again is
forgotten in time all the same: a revoked key stops within SECONDS here. Keeps P-SEC-1.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Coroutine
from decimal import Decimal
from typing import Any, Final

import psycopg

from messaging.accept.callers import LONGEST_KEY, Caller
from messaging.accept.rules import AccountRules, Prices
from messaging.door.database import Database

SECONDS: Final = 5.0
_REFRESH_AFTER: Final = 3.0
# A key that was not there may have been made meanwhile.
_UNKNOWN_SECONDS: Final = 1.0
_MOST: Final = 20_000
_CALLER: Final = """
SELECT k.key_id, k.secret_hash, k.former_hash, k.scopes, k.ip_allow, k.expires_at, k.revoked_at,
       a.account_id, a.state, a.default_sender, a.content_days, a.number_days, a.throttle_per_second
FROM messaging_regionkey k JOIN messaging_regionaccount a USING (account_id) WHERE k.key = %s
"""
_PRICES: Final = "SELECT country, network, amount FROM messaging_regionprice"


class Projections:
    """One region's projections as this process remembers them. Lives in one event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._callers: OrderedDict[str, tuple[Caller, float]] = OrderedDict()
        self._unknown: dict[str, float] = {}
        self._prices: tuple[Prices, float] = ({}, 0.0)
        self._reading: dict[str, asyncio.Task[Any]] = {}

    def remembered(self, key: str) -> Caller | None:
        """The caller if it is in memory: the hot path, without an await."""
        held = self._callers.get(key)
        now = time.monotonic()
        if held is None or held[1] + SECONDS <= now:
            return None
        if held[1] + _REFRESH_AFTER <= now:
            self._once(key, self._read_caller(key))
        return held[0]

    async def caller(self, key: str) -> Caller | None:
        """The caller of a key, None when there is none. Raises psycopg.Error, Down."""
        known = self.remembered(key)
        if known is not None or len(key) > LONGEST_KEY or self._unknown.get(key, 0.0) > time.monotonic():
            return known
        found: Caller | None = await asyncio.shield(self._once(key, self._read_caller(key)))
        return found

    def remembered_prices(self) -> Prices | None:
        """The prices if they are in memory."""
        prices, read_at = self._prices
        now = time.monotonic()
        if not read_at or read_at + SECONDS <= now:
            return None
        if read_at + _REFRESH_AFTER <= now:
            self._once("", self._read_prices())
        return prices

    async def prices(self) -> Prices:
        """The prices in force. Raises psycopg.Error, Down."""
        found: Prices = await asyncio.shield(self._once("", self._read_prices()))
        return found

    def _once(self, key: str, reading: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Read, whoever else asks for the same meanwhile."""
        task = self._reading.get(key)
        if task is not None:
            reading.close()
            return task
        task = self._reading[key] = asyncio.create_task(reading)
        task.add_done_callback(lambda done: self._read(key, done))
        return task

    def _read(self, key: str, done: asyncio.Task[Any]) -> None:
        self._reading.pop(key, None)
        if not done.cancelled():
            # Whoever waits gets it; nobody waits for what was read ahead.
            done.exception()

    async def _read_caller(self, key: str) -> Caller | None:
        began = time.monotonic()
        rows = await self._database.read(_CALLER, [key])
        if not rows:
            self._callers.pop(key, None)
            if len(self._unknown) > _MOST:
                self._unknown.clear()
            self._unknown[key] = began + _UNKNOWN_SECONDS
            return None
        caller = _caller(rows[0])
        self._callers[key] = (caller, began)
        self._callers.move_to_end(key)
        while len(self._callers) > _MOST:
            self._callers.popitem(last=False)
        return caller

    async def _read_prices(self) -> Prices:
        began = time.monotonic()
        rows = await self._database.read(_PRICES)
        prices: dict[tuple[str, str], Decimal] = {(row[0], row[1]): row[2] for row in rows}
        self._prices = (prices, began)
        return prices


def _caller(row: psycopg.rows.TupleRow) -> Caller:
    (key_id, secret_hash, former_hash, scopes, ip_allow, expires_at, revoked_at, account_id, state, *rest) = (
        row
    )
    default_sender, content_days, number_days, per_second = rest
    account = AccountRules(
        account_id, state == "open", default_sender, content_days, number_days, per_second, state == "closed"
    )
    return Caller(
        key_id, secret_hash, former_hash, frozenset(scopes), tuple(ip_allow), expires_at, revoked_at, account
    )
