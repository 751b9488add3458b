"""The rows of wrapped keys and tombstones, as SQL. Every function needs a scope open on the database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from django.db import connections

from privacy.keys import guard
from privacy.keys.datakey import DataKey, context
from privacy.keys.errors import Erased, SealRefused
from privacy.keys.vault import vault

COLUMNS: Final = "epoch, id, account_id, data_class, starts_on, due_on, generation, wrapped"


class KeyRow(NamedTuple):
    """A wrapped key as stored."""

    epoch: int
    id: UUID
    account_id: UUID
    data_class: int
    starts_on: date
    due_on: date
    generation: int
    wrapped: bytes

    def context(self, alias: str) -> bytes:
        """What its wrapping is bound to."""
        return context(
            alias=alias,
            key_id=self.id,
            account_id=self.account_id,
            data_class=self.data_class,
            starts_on=self.starts_on,
            due_on=self.due_on,
            generation=self.generation,
        )


def unwrap(alias: str, row: KeyRow) -> DataKey:
    """The data key. Raises SealRefused (row altered), VaultMismatch, VaultUnavailable, EpochDestroyed."""
    return DataKey(
        alias=alias,
        key_id=row.id,
        account_id=row.account_id,
        data_class=row.data_class,
        starts_on=row.starts_on,
        due_on=row.due_on,
        generation=row.generation,
        material=material(alias, row),
    )


def material(alias: str, row: KeyRow) -> bytes:
    """The bare key of a row, for sealing or for wrapping anew."""
    try:
        return vault().unwrap(alias, row.epoch, bytes(row.wrapped), row.context(alias))
    except InvalidTag:
        guard.check(alias)  # the wrong vault shows itself here, and is not the row's fault
        raise SealRefused(
            f"wrapped key {row.id} of {alias} (epoch {row.epoch}) is altered or damaged"
        ) from None


def epoch_material(alias: str) -> list[bytes]:
    """The bare epoch keys that the vault holds now, for drills; none where the vault lets none out."""
    return vault().exposed(alias)


def by_ids(alias: str, ids: Iterable[UUID]) -> list[KeyRow]:
    """Living keys by id. During a carry-over a key stands in two epochs; the newer row comes."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT ON (id) {COLUMNS} FROM privacy_datakey WHERE id = ANY(%s) ORDER BY id, epoch DESC",  # noqa: S608  constants
            [list(ids)],
        )
        return [KeyRow(*row) for row in cursor.fetchall()]


def by_use(alias: str, account_id: UUID, data_class: int, starts_on: date, due_on: date) -> KeyRow | None:
    """The living key for a use, of the newest generation."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            f"SELECT {COLUMNS} FROM privacy_datakey WHERE account_id = %s AND data_class = %s "  # noqa: S608  constants
            "AND starts_on = %s AND due_on = %s ORDER BY generation DESC, epoch DESC LIMIT 1",
            [account_id, data_class, starts_on, due_on],
        )
        row = cursor.fetchone()
    return KeyRow(*row) if row else None


def of_days(alias: str, account_id: UUID, data_class: int, first_day: date, last_day: date) -> list[KeyRow]:
    """An account's living keys of a class that start in the days (both included), newest start first."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT ON (starts_on, id) {COLUMNS} FROM privacy_datakey WHERE account_id = %s "  # noqa: S608  constants
            "AND data_class = %s AND starts_on BETWEEN %s AND %s ORDER BY starts_on DESC, id, epoch DESC",
            [account_id, data_class, first_day, last_day],
        )
        return [KeyRow(*row) for row in cursor.fetchall()]


def tombstones(alias: str, account_id: UUID | None, ids: Iterable[UUID]) -> dict[UUID, Erased]:
    """For each erased key among `ids` (of the account, when given), the error that says so."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT key_id, due_on, erased_at, reason, certificate_id FROM privacy_keytombstone "
            "WHERE key_id = ANY(%s) AND (%s::uuid IS NULL OR account_id = %s::uuid)",
            [list(ids), account_id, account_id],
        )
        return {
            row[0]: Erased(row[0], due_on=row[1], erased_at=row[2], reason=row[3], certificate_id=row[4])
            for row in cursor.fetchall()
        }
