"""Epochs of a database: opening, listing, and destroying the keys of those past their time."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import connections, transaction

from paasoo_portal.core import clock
from paasoo_portal.core.faults import fault
from privacy import journal
from privacy.journal.state import EPOCH
from privacy.keys import guard, locks
from privacy.keys.vault import VaultMismatch, vault

TABLE: Final = "privacy_datakey"


def partition_of(epoch: int) -> str:
    return f"{TABLE}_epoch_{epoch}"


def bootstrap(alias: str) -> int:
    """The first epoch of a new database; nothing when it has one. Needs owner or worker. Returns the newest
    epoch.

    A crash between vault and database leaves an epoch 1 that nothing is wrapped under: it is taken over.
    """
    journal.enrol(alias)
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        rows = guard.epochs_of(alias)
        if rows:
            _tell_journal(alias, rows[-1])
            return rows[-1].number
        held = vault()
        if held.head(alias) > 1 or held.in_use(alias):
            raise VaultMismatch(
                f"{alias} is empty, but the vault holds its epochs: an old copy or a wrong vault?"
            )
        if held.head(alias) == 0:
            held.create(alias, 1)
        fault("epochs.bootstrap")
        _make_partition(cursor, 1)
        _record_open(cursor, alias, 1)
    held.mark_in_use(alias, 1)
    return 1


def _tell_journal(alias: str, newest: guard.EpochRow) -> None:
    """A database that had epochs before it had a journal."""
    if not journal.known_epoch(alias)[0]:
        with journal.erasing(EPOCH, database=alias, number=newest.number, series=newest.fingerprint):
            pass


def open_next(alias: str, number: int) -> None:
    """Open epoch `number`: key in the vault, partition and row in the database. Resumable.

    The row is written while nobody makes keys: whoever made one before has committed it into an older epoch,
    and whoever makes one afterwards uses this one. So from here on the older epoch can only shrink. The
    partition is made before, alone: no transaction may hold the creation lock and wait for the table, since
    one that has read the table may be waiting for the creation lock.
    """
    held = vault()
    if held.head(alias) < number:
        held.create(alias, number)
    fault("carry_over.created")
    locks.patiently(alias, lambda cursor: _make_partition(cursor, number))
    locks.patiently(alias, lambda cursor: _record_open(cursor, alias, number))
    fault("carry_over.opened")
    held.mark_in_use(alias, number)


def destroy_past(alias: str, current: int) -> list[int]:
    """Destroy every epoch key older than the kept ones: with epoch n+1 open, n−w goes. Returns which went."""
    gone = []
    for row in guard.epochs_of(alias):
        if row.state == guard.KEPT and row.number <= current - 1 - settings.EPOCHS_KEPT:
            _destroy(alias, row.number)
            gone.append(row.number)
    return gone


def _destroy(alias: str, number: int) -> None:
    if partition_exists(alias, number):
        raise VaultMismatch(f"epoch {number} of {alias} still holds keys: it is not destroyed")
    receipt = vault().destroy(alias, number)
    fault("carry_over.destroyed")
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(
            "UPDATE privacy_epoch SET state = 'destroyed', destroyed_at = %s, receipt = %s WHERE number = %s",
            [receipt["destroyed_at"], json.dumps(receipt, sort_keys=True), number],
        )


def first_opened_at(alias: str) -> datetime | None:
    """When the database got its first epoch."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT min(opened_at) FROM privacy_epoch")
        at: datetime | None = cursor.fetchone()[0]
    return at


def partition_exists(alias: str, epoch: int) -> bool:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [partition_of(epoch)])
        return bool(cursor.fetchone()[0])


def _make_partition(cursor: Any, number: int) -> None:
    cursor.execute("SELECT paasoo_epoch_partition_create(%s, %s)", [TABLE, number])


def _record_open(cursor: Any, alias: str, number: int) -> None:
    locks.exclude_creation(cursor)
    series = vault().fingerprint(alias)
    with journal.erasing(EPOCH, database=alias) as erasure:
        cursor.execute(
            "INSERT INTO privacy_epoch (number, state, opened_at, fingerprint) VALUES (%s, 'open', %s, %s) "
            "ON CONFLICT (number) DO NOTHING",
            [number, clock.now(), series],
        )
        if cursor.rowcount:
            erasure.intend(number=number, series=series)
