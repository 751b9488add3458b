"""What is held about somebody, from the catalogue alone: a new field is shown the day it is born. Keeps P-RGT-1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.db import models
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from accounts.centre import words
from accounts.duty.models import StaffDuty
from privacy.catalogue import people
from privacy.catalogue.declarations import FieldEntry
from privacy.catalogue.people import Place
from privacy.catalogue.terms import Export
from privacy.retention import ends

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
    worked_here = StaffDuty.objects.filter(person_id=person_id).exists()
    rows = people.first_of_person(person_id, account_ids, ROWS_SHOWN + 1, worked_here=worked_here)
    found = [_held(place, mine) for place, mine in rows if mine]
    return sorted(found, key=lambda one: one.category)


def _held(place: Place, rows: list[models.Model]) -> Held:
    shown = rows[:ROWS_SHOWN]
    return Held(
        slug=place.model._meta.db_table.replace("_", "-"),
        title=words.of_table(place.model),
        category=f"{place.declaration.category.name} {_(place.declaration.category.label)}",
        purposes=_each(
            f"{_(purpose.text)} ({_(purpose.basis.value)}, {_(purpose.role.value)})"
            for field in place.told
            for purpose in field.purposes
        ),
        sources=_each(_(field.source.value) for field in place.told if field.source),
        kept=_each(_(field.retention.text) for field in place.told if field.retention),
        fields=[*(_field(place, field, shown) for field in place.told), *_last_days(place, shown)],
        more=len(rows) > ROWS_SHOWN,
    )


def _field(place: Place, field: FieldEntry, rows: list[models.Model]) -> Field:
    known = place.model._meta.get_field(field.field)
    name = words.of_field(known)
    if field.export is Export.NONE:
        return Field(name, [], secret=True)
    attribute = known.attname  # type: ignore[union-attr]
    return Field(name, [_readable(getattr(row, attribute)) for row in rows], secret=False)


def _last_days(place: Place, rows: list[models.Model]) -> list[Field]:
    """Of what goes by itself the last day of each row; nothing where that is not known yet."""
    days = [ends.last_day(place, row) for row in rows]
    return (
        [Field(_("Kept until the end of"), [_readable(day) for day in days], secret=False)]
        if any(days)
        else []
    )


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
