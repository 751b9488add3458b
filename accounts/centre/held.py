"""What is held about somebody, from the catalogue alone: a new field is shown the day it is born. Keeps P-RGT-1.

Each row is a block of its own, the newest first, and says its last day; the copy holds those that are not shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db import models
from django.utils.translation import gettext as _

from accounts.centre import words
from accounts.centre.values import NOTHING, readable
from accounts.duty.models import StaffDuty
from accounts.models import Account
from privacy.catalogue import people
from privacy.catalogue.people import Place
from privacy.catalogue.terms import Export
from privacy.retention import ends

ROWS_SHOWN: Final = 5


@dataclass(frozen=True)
class Field:
    """A field of one row, with its own last day where it goes before the row."""

    name: str
    value: str
    until: date | None = None


@dataclass(frozen=True)
class Record:
    """One row, and its last day where that is known."""

    fields: list[Field]
    until: date | None


@dataclass(frozen=True)
class Kept:
    """How long: a rule, and of which fields, where it is not all of them."""

    rule: str
    fields: list[str]


@dataclass(frozen=True)
class Held:
    """One table's part: its newest rows, how many more there are, and why all of it is held."""

    slug: str
    title: str
    category: str
    purposes: list[str]
    sources: list[str]
    kept: list[Kept]
    secrets: list[str]
    records: list[Record]
    more: int


def held(person_id: UUID, account_ids: list[UUID]) -> list[Held]:
    """By table, those with rows only."""
    worked_here = StaffDuty.objects.filter(person_id=person_id).exists()
    counts = people.counts_of_person(person_id, account_ids, worked_here=worked_here)
    newest = people.newest_of_person([place for place, _n in counts], person_id, account_ids, ROWS_SHOWN)
    known = _known(person_id, account_ids, [row for rows in newest.values() for row in rows])
    tables = [
        _held(place, newest[place.label], count, known) for place, count in counts if newest[place.label]
    ]
    return sorted(tables, key=lambda one: one.category)


def _held(place: Place, rows: list[models.Model], count: int, known: dict[UUID, str]) -> Held:
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
        kept=_kept(place),
        secrets=[_name(place, field.field) for field in place.told if field.export is Export.NONE],
        records=_records(place, rows, known),
        more=count - len(rows),
    )


def _kept(place: Place) -> list[Kept]:
    """The rules, that of most fields first; each of the others names its fields."""
    rules: dict[str, list[str]] = {}
    for field in place.told:
        if field.retention is not None:
            rules.setdefault(_(field.retention.text), []).append(_name(place, field.field))
    first, *others = sorted(rules.items(), key=lambda one: -len(one[1]))
    return [Kept(first[0], []), *(Kept(rule, fields) for rule, fields in others)]


def _records(place: Place, rows: list[models.Model], known: dict[UUID, str]) -> list[Record]:
    """The rows, field by field; none where all that one could say is secret and its end unknown."""
    shown = [field.field for field in place.told if field.export is not Export.NONE]
    of_rows = ends.last_days(place, rows)
    of_fields = {name: ends.last_days(place, rows, name) for name in shown}
    return [
        Record(
            [_field(place, row, name, of_fields[name].get(row.pk), known) for name in shown],
            of_rows.get(row.pk),
        )
        for row in rows
        if shown or row.pk in of_rows
    ]


def _field(place: Place, row: models.Model, name: str, until: date | None, known: dict[UUID, str]) -> Field:
    value = readable(row, name, known)
    return Field(_name(place, name), value, None if value == NOTHING else until)


def _known(person_id: UUID, account_ids: list[UUID], rows: list[models.Model]) -> dict[UUID, str]:
    """What ids are called: the reader, their accounts, and what is shown with a name or a reference of its own."""
    named = {row.pk: _called(row) for row in rows if isinstance(row.pk, UUID) and _called(row)}
    accounts = {one.pk: one.called for one in Account.objects.filter(pk__in=account_ids)}
    return named | accounts | {person_id: _("you")}


def _called(row: models.Model) -> str:
    return str(getattr(row, "name", None) or getattr(row, "reference", None) or "")


def _name(place: Place, name: str) -> str:
    return words.of_field(place.model._meta.get_field(name))


def _each(words: Iterable[Any]) -> list[str]:
    return list(dict.fromkeys(words))
