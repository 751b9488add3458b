"""What the door knows of keys, accounts and prices: read from the region's projections, remembered for seconds."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from messaging.accept.codes import Refused, SubmitCode
from messaging.accept.rules import AccountRules
from paasoo_portal.core import clock
from paasoo_portal.core.http.client_ip import Address, allowed

# A revoked key must stop within 60 s everywhere; this is what it takes here.
SECONDS: Final = 5.0
_MOST: Final = 20_000
_NOBODY: Final = hashlib.sha256(b"no such key").hexdigest()
_QUERY: Final = """
SELECT k.key_id, k.account_id, k.secret_hash, k.scopes, k.ip_allow, k.expires_at, k.revoked_at,
       a.state, a.default_sender, a.content_days, a.number_days, a.throttle_per_second
FROM messaging_regionkey k JOIN messaging_regionaccount a USING (account_id) WHERE k.key = %s
"""
SEND: Final = "messages:send"


@dataclass(frozen=True, slots=True)
class Caller:
    """An API key with what must be known of its account."""

    key_id: UUID
    secret_hash: str
    scopes: frozenset[str]
    ip_allow: tuple[str, ...]
    expires_at: datetime | None
    revoked_at: datetime | None
    account: AccountRules


class Projections:
    """One region's projections as this process remembers them."""

    def __init__(self) -> None:
        self._callers: OrderedDict[str, tuple[Caller | None, float]] = OrderedDict()
        self._prices: dict[tuple[str, str], Decimal] = {}
        self._prices_until = 0.0

    async def caller(self, key: str, connection: psycopg.AsyncConnection[Any]) -> Caller | None:
        held = self._callers.get(key)
        if held is not None and held[1] > time.monotonic():
            return held[0]
        async with connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(_QUERY, [key])
            found = _caller(await cursor.fetchone())
        self._callers[key] = (found, time.monotonic() + SECONDS)
        self._callers.move_to_end(key)
        while len(self._callers) > _MOST:
            self._callers.popitem(last=False)
        return found

    def remembered(self, key: str) -> Caller | None:
        """The caller if it is in memory and fresh: the hot path, without a single await."""
        held = self._callers.get(key)
        return held[0] if held is not None and held[1] > time.monotonic() else None

    async def prices(
        self, connection: psycopg.AsyncConnection[Any] | None
    ) -> dict[tuple[str, str], Decimal]:
        if connection is not None and self._prices_until <= time.monotonic():
            cursor = await connection.execute("SELECT country, network, amount FROM messaging_regionprice")
            self._prices = {(row[0], row[1]): row[2] for row in await cursor.fetchall()}
            self._prices_until = time.monotonic() + SECONDS
        return self._prices

    @property
    def prices_are_fresh(self) -> bool:
        return self._prices_until > time.monotonic()


def authorise(
    caller: Caller | None, secret: str, address: Address | None, scope: str = SEND
) -> Caller:
    """The caller when secret, life, scope and address allow it. Raises Refused; unknown keys cost the same."""
    given = hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
    matches = hmac.compare_digest(given, caller.secret_hash if caller is not None else _NOBODY)
    if caller is None or not matches or not _alive(caller) or scope not in caller.scopes:
        raise Refused(SubmitCode.INVALID_CREDENTIALS)
    if not allowed(address, caller.ip_allow):
        raise Refused(SubmitCode.UNAUTHORIZED_IP)
    return caller


def _alive(caller: Caller) -> bool:
    expired = caller.expires_at is not None and caller.expires_at <= clock.now()
    return caller.revoked_at is None and not expired


def _caller(row: dict[str, Any] | None) -> Caller | None:
    if row is None:
        return None
    return Caller(
        row["key_id"],
        row["secret_hash"],
        frozenset(row["scopes"]),
        tuple(row["ip_allow"]),
        row["expires_at"],
        row["revoked_at"],
        AccountRules(
            row["account_id"],
            row["state"] == "open",
            row["default_sender"],
            row["content_days"],
            row["number_days"],
            row["throttle_per_second"],
        ),
    )
