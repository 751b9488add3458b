"""The advisory locks of a database's keys: creating shares one, opening an epoch takes it whole.

All are transaction locks but `maintenance`, which spans the many transactions of one carry-over and dies with
the connection. The worker therefore needs a direct connection, not a pooler in transaction mode.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from django.db import OperationalError, connections, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable

from paasoo_portal.core.locks import only_one
from privacy.errors import PrivacyError

_CREATION: Final = 0x5053_0001
_MAINTENANCE: Final = 0x5053_0002
_POLL_SECONDS: Final = 0.2
_LOCK_TIMEOUT: Final = "4s"
_TRIES: Final = 10
Result = TypeVar("Result")


class Busy(PrivacyError):
    """Another process enforces or carries over on this database."""


def share_creation(cursor: Any) -> None:
    """Until this transaction ends, no epoch is opened: the key about to be made cannot be overlooked."""
    cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_CREATION])


def exclude_creation(cursor: Any) -> None:
    """Until this transaction ends, no key is made."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CREATION])


def patiently(alias: str, work: Callable[[Any], Result]) -> Result:
    """Do the work in a transaction of its own that waits for no lock longer than four seconds, then lets
    everybody behind it through and tries again: a long reader never makes the others queue up. Gives up after
    ten times.
    """
    for attempt in range(1, _TRIES + 1):
        try:
            with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_LOCK_TIMEOUT])
                return work(cursor)
        except OperationalError as error:
            if attempt == _TRIES or not isinstance(error.__cause__, LockNotAvailable | DeadlockDetected):
                raise
            time.sleep(_POLL_SECONDS * attempt)
    raise AssertionError("unreachable")


@contextmanager
def maintenance(alias: str, *, wait_seconds: float = 0) -> Iterator[None]:
    """Be the only one who enforces or carries over on the database. Raises Busy."""
    with only_one(alias, _MAINTENANCE, wait_seconds=wait_seconds) as mine:
        if not mine:
            raise Busy(f"keys of {alias} are being maintained by another process")
        yield
