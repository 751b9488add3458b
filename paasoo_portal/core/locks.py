"""A lock in PostgreSQL that spans many transactions and dies with the connection.

It needs a direct connection, not a pooler in transaction mode.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from django.db import Error, connections

_POLL_SECONDS: Final = 0.2


@contextmanager
def only_one(alias: str, number: int, *, wait_seconds: float = 0) -> Iterator[bool]:
    """Hold the lock of this number (64 bits, signed); False when another still holds it after the wait."""
    deadline = time.monotonic() + wait_seconds
    while not (mine := _try(alias, number)) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    try:
        yield mine
    finally:
        if mine:
            _release(alias, number)


def _try(alias: str, number: int) -> bool:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        return bool(cursor.fetchone()[0])


def _release(alias: str, number: int) -> None:
    connection = connections[alias]
    if connection.needs_rollback or connection.connection is None or connection.connection.closed:
        with suppress(Error):
            connection.close()  # the lock dies with the connection
    else:
        with suppress(Error), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [number])
