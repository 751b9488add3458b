"""What is held about somebody, from the catalogue alone: a new field is shown the day it is born. Keeps P-RGT-1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.db import models
from django.utils import formats, timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from privacy.catalogue import people
from privacy.catalogue.declarations import FieldEntry
from privacy.catalogue.people import Place
from privacy.catalogue.terms import Export

ROWS_SHOWN: Final = 5


@dataclass(frozen=True)
class Field:
    name: str
    value: list[str]
    secret: bool


@dataclass(frozen=True)
class Held:
    """One table's part: why it is held, and the newest rows, field by field."""

    slug: str
    title: str
    category: str
    purposes: list[str]
    sources: list[str]
    kept: list[str]
    fields: list[Field]
    more: bool


def held(person_id: UUID, account_ids: list[UUID]) -> list[Held]:
    """By table, those with rows only."""
    found = []
    for place in people.places_of_people():
        rows = list(islice(people.rows_of_person(place, person_id, account_ids), ROWS_SHOWN + 1))
        if rows:
            found.append(_held(place, rows))
    return sorted(found, key=lambda one: one.category)


def _held(place: Place, rows: list[models.Model]) -> Held:
    shown = rows[:ROWS_SHOWN]
    return Held(
        slug=place.model._meta.db_table.replace("_", "-"),
        title=capfirst(str(place.model._meta.verbose_name_plural)),
        category=f"{place.declaration.category.name} {place.declaration.category.label}",
        purposes=_each(
            f"{purpose.text} ({purpose.basis.value}, {purpose.role.value})"
            for field in place.told
            for purpose in field.purposes
        ),
        sources=_each(field.source.value for field in place.told if field.source),
        kept=_each(field.retention.text for field in place.told if field.retention),
        fields=[_field(place, field, shown) for field in place.told],
        more=len(rows) > ROWS_SHOWN,
    )


def _field(place: Place, field: FieldEntry, rows: list[models.Model]) -> Field:
    known = place.model._meta.get_field(field.field)
    name = capfirst(str(getattr(known, "verbose_name", field.field)))
    if field.export is Export.NONE:
        return Field(name, [], secret=True)
    attribute = known.attname  # type: ignore[union-attr]
    return Field(name, [_readable(getattr(row, attribute)) for row in rows], secret=False)


def _readable(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(value, date):
        return formats.date_format(value, "DATE_FORMAT")
    if isinstance(value, dict):
        return ", ".join(f"{name}: {told}" for name, told in value.items()) or "–"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value) or "–"
    return str(value)


def _each(words: Any) -> list[str]:
    return list(dict.fromkeys(words))
