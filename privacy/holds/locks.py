"""Erasing at somebody's word or by age, and placing a hold about the same account or person, take turns.

Who erases shares the lock for one transaction and looks at the register under it; who places a hold takes it whole
until the hold is committed. So whatever goes afterwards has seen the hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final
from uuid import UUID

from django.db import connections

from paasoo_portal.core.locks import only_one
from privacy.errors import PrivacyError

_SERIES: Final = 0x5053_0004
_ROWS: Final = 0x5061_6153_6F6F_726F  # any number that nothing else locks by


class Occupied(PrivacyError):
    """Somebody erases just now what the hold is about."""


def share(alias: str, subject_ids: Iterable[UUID]) -> None:
    """Until this transaction ends, no hold about these accounts or people is placed."""
    with connections[alias].cursor() as cursor:
        for number in sorted({_number(one) for one in subject_ids}):
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [number])


@contextmanager
def whole(aliases: Iterable[str], subject_id: UUID, *, wait_seconds: float) -> Iterator[None]:
    """Nobody erases what is this account's or person's in these databases meanwhile. Raises Occupied."""
    with ExitStack() as stack:
        for alias in aliases:
            if not stack.enter_context(only_one(alias, _number(subject_id), wait_seconds=wait_seconds)):
                raise Occupied(f"something of {subject_id} is being erased in {alias}")
        yield


@contextmanager
def rows(alias: str, *, wait_seconds: float = 0) -> Iterator[bool]:
    """Held by the run that ends a database's rows, and while a hold on a person is placed; False where it is another's."""
    with only_one(alias, _ROWS, wait_seconds=wait_seconds) as mine:
        yield mine


def _number(subject_id: UUID) -> int:
    return int.from_bytes(subject_id.bytes[8:], signed=True) ^ _SERIES
