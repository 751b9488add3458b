"""Requests a second of each key, counted in Valkey, and told in the RateLimit fields of every answer."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import redis

from messaging.accept import counters
from paasoo_portal.core.valkey_keys import Prefix

PER_SECOND: Final = 50
_COUNT: Final = """
local used = redis.call('INCR', KEYS[1])
if used == 1 then redis.call('EXPIRE', KEYS[1], 2) end
return used
"""


@dataclass(frozen=True)
class Standing:
    """What a key has left in this second."""

    used: int

    @property
    def exceeded(self) -> bool:
        return self.used > PER_SECOND

    def headers(self) -> dict[str, str]:
        """As the IETF's draft names them."""
        left = max(PER_SECOND - self.used, 0)
        return {"RateLimit-Policy": f'"key";q={PER_SECOND};w=1', "RateLimit": f'"key";r={left};t=1'}


def count(key_id: UUID) -> Standing:
    """Count a request. With Valkey away nobody is refused: accepting has limits of its own."""
    try:
        used = counters.connection().eval(_COUNT, 1, f"{Prefix.QUOTA}{key_id.hex}:{int(time.time())}")
    except redis.RedisError:
        return Standing(0)
    return Standing(int(used))
