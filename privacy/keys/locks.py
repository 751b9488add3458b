"""The advisory locks of a database's keys: creating shares one, the census and enforcement take it whole.

All are transaction locks but `maintenance`, which spans the many transactions of one carry-over and dies with the
connection. The worker therefore needs a direct connection, not a pooler in transaction mode.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from django.db import Error, connections

from privacy.errors import PrivacyError

_CREATION: Final = 0x5053_0001
_MAINTENANCE: Final = 0x5053_0002
_POLL_SECONDS: Final = 0.2
_EXCLUSIVE_TIMEOUT: Final = "4s"


class Busy(PrivacyError):
    """Another process enforces or carries over on this database."""


def share_creation(cursor: Any) -> None:
    """Until this transaction ends, no census can run: the key about to be made cannot be lost."""
    cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_CREATION])


def exclude_creation(cursor: Any) -> None:
    """Until this transaction ends, no key is made. Gives up after four seconds (caller retries)."""
    cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_EXCLUSIVE_TIMEOUT])
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CREATION])


@contextmanager
def maintenance(alias: str, *, wait_seconds: float = 0) -> Iterator[None]:
    """Be the only one who enforces or carries over on the database. Raises Busy."""
    connection = connections[alias]
    deadline = time.monotonic() + wait_seconds
    while not _try(alias):
        if time.monotonic() >= deadline:
            raise Busy(f"keys of {alias} are being maintained by another process")
        time.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        if connection.needs_rollback or connection.connection is None or connection.connection.closed:
            with suppress(Error):
                connection.close()  # the lock dies with the connection
        else:
            with suppress(Error), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_MAINTENANCE])


def _try(alias: str) -> bool:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_MAINTENANCE])
        return bool(cursor.fetchone()[0])
