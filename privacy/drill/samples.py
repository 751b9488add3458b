"""Planting samples, and reading every sealed value of a copy by what the catalogue declares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.apps import apps
from django.db import connections
from psycopg import sql

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.router import TRAFFIC, plane_of
from paasoo_portal.core.tenancy import system_scope
from privacy import keys
from privacy.catalogue import catalogue
from privacy.drill.copies import Connection
from privacy.keys.models import DataClass

TABLE: Final = "privacy_drillsample"
COLUMN: Final = "sample_sealed"
_EACH: Final = 3
_SUFFIX: Final = "_sealed"


@dataclass(frozen=True)
class Planted:
    """A sample: its row, its text, and whether it is due by today."""

    row: UUID
    text: bytes
    due: bool


@dataclass(frozen=True)
class SealedValue:
    """One sealed value as it lies in a copy."""

    table: str
    column: str
    account_id: UUID
    row: UUID
    key_id: UUID
    sealed: bytes


def plant(alias: str) -> list[Planted]:
    """Samples that are due today, and samples that live on; written as of the day they start."""
    account_id = uuid7()
    return [
        _plant(alias, account_id, age=age, days=days) for age, days in [(40, 30)] * _EACH + [(0, 2)] * _EACH
    ]


def remove(alias: str, planted: list[Planted]) -> None:
    with system_scope("drill", using=(alias,)), connections[alias].cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {TABLE} WHERE id = ANY(%s)",  # noqa: S608  a constant
            [[sample.row for sample in planted]],
        )


def sealed_columns() -> list[tuple[str, str, str]]:
    """(table, sealed column, column of its key) for every sealed field of a region, by naming convention.

    A field's key stands beside it, or is the one key of its row.
    """
    found = []
    for entry in catalogue().entries():
        model = apps.get_model(entry.model)
        if entry.storage == "sealed" and entry.field.endswith(_SUFFIX) and plane_of(model) == TRAFFIC:
            own = entry.field.removesuffix(_SUFFIX) + "_key_id"
            names = {field.name for field in model._meta.concrete_fields}
            found.append((model._meta.db_table, entry.field, own if own in names else "key_id"))
    return found


def sealed_values(copy: Connection) -> Iterator[SealedValue]:
    """Every sealed value in a copy, streamed."""
    for table, column, key_column in sealed_columns():
        query = sql.SQL("SELECT account_id, id, {}, {} FROM {} WHERE {} IS NOT NULL").format(
            *map(sql.Identifier, (key_column, column, table, column))
        )
        with copy.transaction(), copy.cursor(name="sealed") as cursor:
            cursor.execute(query)
            for account_id, row, key_id, sealed in cursor:
                yield SealedValue(table, column, account_id, row, key_id, bytes(sealed))


def _plant(alias: str, account_id: UUID, *, age: int, days: int) -> Planted:
    row = uuid7()
    text = f"drill {row}".encode()
    start = clock.today() - timedelta(days=age)
    with clock.travel(by=-timedelta(days=age)), system_scope("drill", using=(alias,)):
        key = keys.for_sealing(alias, account_id, DataClass.CONTENT, start, start + timedelta(days=days))
        sealed = key.seal(text, table=TABLE, column=COLUMN, row=row)
        with connections[alias].cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {TABLE} (id, account_id, sample_key_id, {COLUMN}) VALUES (%s, %s, %s, %s)",  # noqa: S608  constants
                [row, account_id, key.id, sealed],
            )
    return Planted(row, text, days < age)
