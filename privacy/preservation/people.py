"""Copying what is held about a person before it goes, where a hold asks for it. Keeps P-RET-9.

The erasure then happens as it was asked for, everywhere and at once: nothing that anybody sees differs, and nothing has
to be resumed when the hold is released. A copy holds what an access copy would hold.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from paasoo_portal.core import clock, regions
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope
from privacy.exports import content
from privacy.holds import locks, register
from privacy.keys import opener
from privacy.preservation.models import Preservation, PreservedPerson
from privacy.preservation.wanted import PEOPLE_REGION

TABLE: Final = PreservedPerson._meta.db_table
COLUMN: Final = "rows_sealed"


def before_erasure(person_id: UUID, account_ids: Iterable[UUID]) -> None:
    """In the transaction that erases. Until it ends no hold about the person is placed."""
    locks.share("default", [person_id])
    held = register.of_person(person_id)
    if not held:
        return
    alias = regions.alias(PEOPLE_REGION)
    told = _rows(person_id, list(account_ids))
    for hold in held:
        with scope(person_id, using=(alias,)):
            row = Preservation.objects.using(alias).get(pk=hold.pk)
            key = opener(alias, person_id).key(row.key_id)
        identity = uuid7()
        PreservedPerson.objects.create(
            id=identity,
            case_id=hold.pk,
            key_id=key.id,
            rows_sealed=key.seal(told, table=TABLE, column=COLUMN, row=identity),
            copied_at=clock.now(),
        )


def read(case_id: UUID) -> list[dict[str, object]]:
    """The copies of a hold, opened, for the disclosure desk's job. Raises Erased. Worker's role."""
    alias = regions.alias(PEOPLE_REGION)
    found = []
    for row in PreservedPerson.objects.filter(case_id=case_id).order_by("copied_at", "pk"):
        key = opener(alias).key(row.key_id)
        plain = key.open(bytes(row.rows_sealed), table=TABLE, column=COLUMN, row=row.pk)
        found.append({"copied_at": row.copied_at, "rows": json.loads(zlib.decompress(plain))})
    return found


def copies(*, alias: str, case_id: UUID) -> list[dict[str, object]]:
    """The hook `disclosure.copies`. Worker's role."""
    return read(case_id) if alias == regions.alias(PEOPLE_REGION) else []


def ended(*, alias: str, case_id: UUID) -> None:
    """The hook `preservation.ended`."""
    if alias == regions.alias(PEOPLE_REGION):
        PreservedPerson.objects.filter(case_id=case_id).delete()


def count(*, alias: str, case_id: UUID) -> int:
    """The hook `preservation.count`."""
    if alias != regions.alias(PEOPLE_REGION):
        return 0
    return PreservedPerson.objects.filter(case_id=case_id).count()


def _rows(person_id: UUID, account_ids: list[UUID]) -> bytes:
    told = {
        part.name: [json.loads(content.line(record)) for record in part.records()]
        for part in content.of_person(person_id, account_ids)
    }
    return zlib.compress(json.dumps(told, ensure_ascii=False).encode())
