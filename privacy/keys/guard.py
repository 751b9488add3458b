"""Vault and database must tell one story, or nothing is sealed, carried over or destroyed.

A missing, wrong, emptied or rolled-back vault, and a database restored from an older copy, raise
VaultMismatch; neither ever reads as "erased".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db import connections

from privacy import journal
from privacy.keys.vault import Vault, VaultMismatch, vault

OPEN, KEPT, DESTROYED = "open", "kept", "destroyed"
OLD_COPY: Final = (
    "an old copy of the database. Before anything may serve, run: manage.py keys restore --database {alias}, then "
    "manage.py erasures replay"
)


@dataclass(frozen=True)
class EpochRow:
    number: int
    state: str
    fingerprint: str


def epochs_of(alias: str) -> list[EpochRow]:
    """The database's side of the story, oldest first."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT number, state, fingerprint FROM privacy_epoch ORDER BY number")
        return [EpochRow(*row) for row in cursor.fetchall()]


def check(alias: str) -> list[EpochRow]:
    """The epochs, when vault, database and journal agree. Raises VaultMismatch, VaultUnavailable, JournalError."""
    rows = epochs_of(alias)
    compare(alias, rows)
    journal.check(alias)
    return rows


def compare(alias: str, rows: list[EpochRow]) -> None:
    """Hold a database's rows (or those of a copy of it) against the vault. Raises as `check` does.

    A vault in a network may remember its lists for some seconds, in which another process has opened an epoch:
    what does not fit is looked at twice, the second time without memory.
    """
    held = vault()
    try:
        _compare(alias, rows, held)
    except VaultMismatch:
        held.forget()
        _compare(alias, rows, held)


def _compare(alias: str, rows: list[EpochRow], held: Vault) -> None:
    if not rows:
        raise VaultMismatch(f"{alias} has no epoch yet: run setup_database")
    fingerprint = held.fingerprint(alias)
    if any(row.fingerprint != fingerprint for row in rows):
        raise VaultMismatch(f"the vault's fingerprint is not that of {alias}: missing or another's vault")
    _check_journaled(alias, rows[-1].number, held)
    _check_keys(alias, rows, held)
    _check_head(alias, rows[-1].number, held)


def _check_journaled(alias: str, head: int, held: Vault) -> None:
    """A vault and a database that were rolled back together agree with one another, but not with the journal."""
    epoch, series = journal.known_epoch(alias)
    if series and series != held.fingerprint(alias):
        raise VaultMismatch(f"the vault's series of {alias} is not the one in the erasure journal")
    if held.head(alias) < epoch:
        raise VaultMismatch(
            f"the erasure journal has seen epoch {epoch} of {alias}, but the vault ends before: it was rolled back. "
            "Bring the present vault back; without it nothing sealed since can be read"
        )
    if head < epoch:
        raise journal.DatabaseBehind(
            f"{alias} stands at epoch {head}, the erasure journal at {epoch}: {OLD_COPY.format(alias=alias)}"
        )


def _check_keys(alias: str, rows: list[EpochRow], held: Vault) -> None:
    present, receipts = set(held.epochs(alias)), held.receipts(alias)
    for row in rows:
        if row.state == DESTROYED and (row.number in present or row.number not in receipts):
            raise VaultMismatch(
                f"epoch {row.number} of {alias} was destroyed, but the vault has gone back before that"
            )
        # A kept epoch may stand destroyed in the vault alone: a crash between destruction and its record.
        gone_by_right = row.state == KEPT and row.number in receipts
        if row.state != DESTROYED and row.number not in present and not gone_by_right:
            raise VaultMismatch(f"the vault has lost epoch {row.number} of {alias}")


def _check_head(alias: str, head: int, held: Vault) -> None:
    """One unrecorded epoch is an interrupted opening; an epoch in use that the database misses is an old
    database.
    """
    if held.in_use(alias) > head or held.head(alias) > head + 1:
        raise VaultMismatch(
            f"{alias} stands at epoch {head}, the vault further: {OLD_COPY.format(alias=alias)}"
        )
