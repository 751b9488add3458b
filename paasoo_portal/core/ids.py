"""Identifiers that carry their time, so that a look-up by id prunes to one partition (UUIDv7, RFC 9562)."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from paasoo_portal.core import clock

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VERSION = 0x7 << 76
_VARIANT = 0x2 << 62


def uuid7(at: datetime | None = None) -> UUID:
    """A new UUIDv7 of the given instant (default: the clock's), with 74 random bits."""
    instant = clock.now() if at is None else at
    milliseconds = (instant - _EPOCH) // timedelta(milliseconds=1)
    random = int.from_bytes(os.urandom(10), "big")
    return build(milliseconds, random >> 6)


def build(milliseconds: int, random: int) -> UUID:
    """The UUIDv7 of a Unix time in milliseconds and 74 random bits."""
    high, low = random >> 62, random & (1 << 62) - 1
    return UUID(int=milliseconds << 80 | _VERSION | high << 64 | _VARIANT | low)


def random_bits(value: UUID) -> int:
    """The 74 random bits of a UUIDv7."""
    number = value.int
    return (number >> 64 & 0xFFF) << 62 | number & (1 << 62) - 1


def milliseconds_of(value: UUID) -> int:
    return value.int >> 80


def uuid7_floor(at: datetime | date) -> UUID:
    """The lowest UUID of an instant or of a UTC day: the partitions' bounds and every list's time bound."""
    instant = at if isinstance(at, datetime) else clock.midnight(at)
    return UUID(int=((instant - _EPOCH) // timedelta(milliseconds=1)) << 80)


def time_of(value: UUID) -> datetime:
    """The instant a UUIDv7 carries, to the millisecond."""
    return _EPOCH + timedelta(milliseconds=milliseconds_of(value))
