"""How rows end by themselves, derived from the catalogue: from which moment each counts, and what goes then.

A model declares `since` (and `also`); a field with a rule of its own is blanked while its row lives on. Nothing here
deletes; see rows. Keeps P-RET-1, P-RET-3, P-RET-4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q, QuerySet

from paasoo_portal.core import clock, hooks
from paasoo_portal.core.ids import time_of, uuid7_floor
from privacy.catalogue import people
from privacy.catalogue.completeness import field_at
from privacy.catalogue.declarations import ACCOUNT_CLOSED, Computed, End, Held, Since
from privacy.catalogue.people import Place
from privacy.catalogue.terms import Erasure

Rows = QuerySet[models.Model]


@dataclass(frozen=True)
class Moment:
    """A run's cut-off: a UTC midnight, and now for what is kept two days at most."""

    cutoff_on: date
    now: datetime


@dataclass(frozen=True)
class RowEnd:
    """One way in which rows of a model end; with a `column` that field alone is blanked."""

    place: Place
    end: End
    column: str = ""

    @property
    def label(self) -> str:
        return f"{self.place.label}.{self.column}" if self.column else self.place.label

    def due(self, alias: str, at: Moment) -> Rows:
        """The rows whose end has come. Needs a scope on the database."""
        before = self.end.rule.before(at.cutoff_on, at.now)
        rows = self.place.model._base_manager.using(alias).filter(self.end.where)
        if self.column:
            rows = rows.exclude(**{self.column: self.blank})
        return _older(self.place, rows, self.end.since, before)

    @property
    def blank(self) -> Any:
        field = self.place.model._meta.get_field(self.column)
        return None if field.null else ""  # type: ignore[union-attr]


def of_database(alias: str) -> list[RowEnd]:
    """Every end of rows that live in the database. No model with personal data lives in both planes."""
    control = alias == "default"
    found = [end for place in people.places() if place.traffic != control for end in of_place(place)]
    # What counts from the closing of its account goes before the record of that closing.
    return sorted(found, key=lambda one: one.end.since is not ACCOUNT_CLOSED)


def of_place(place: Place) -> Iterator[RowEnd]:
    for end in place.declaration.ends:
        yield RowEnd(place, end)
    for name, held in place.declaration.fields.items():
        if isinstance(held, Held) and held.since and held.retention is not None:
            if (held.erasure or place.declaration.erasure) is not Erasure.BLANK:
                raise TypeError(f"{place.label}.{name} has an end of its own, so it has to be blanked")
            yield RowEnd(place, End(held.since, held.retention), name)


def last_days(place: Place, rows: Sequence[models.Model], column: str = "") -> dict[Any, date]:
    """By key, the last day of each row (with a `column`, of that field alone), where that is known by now.

    Of several moments the first; one that is computed, or that another hand brings, is not known beforehand.
    """
    known: dict[Any, date] = {}
    for one in of_place(place):
        if one.column == column:
            for key, value in _moments(one, rows):
                if (at := _instant(value)) is not None:
                    day = one.end.rule.last_day(at)
                    known[key] = min(day, known.get(key, day))
    return known


def _moments(one: RowEnd, rows: Sequence[models.Model]) -> Iterator[tuple[Any, Any]]:
    """From when an end counts, by the rows' keys. One query, and only where the rows do not say it themselves."""
    since = one.end.since
    if isinstance(since, Computed):
        return
    if "__" not in since and one.end.where == Q():
        yield from ((row.pk, getattr(row, since)) for row in rows)
    elif not one.place.tenant:
        mine = one.place.model._base_manager.filter(one.end.where, pk__in=[row.pk for row in rows])
        yield from mine.values_list("pk", since)


def _older(place: Place, rows: Rows, since: Since, before: datetime) -> Rows:
    if since is ACCOUNT_CLOSED:
        closed = [one for found in hooks.call("retention.closed_accounts", before=before) for one in found]
        return rows.filter(**{f"{place.of_account}__in": closed})
    if isinstance(since, Computed):
        computed: Rows = rows.annotate(ended_at=since.of()).filter(ended_at__lt=before)
        return computed
    field = field_at(place.model, since)
    return rows.filter(**{f"{since}__lt": _bound(field, before)})


def _bound(field: models.Field[Any, Any], before: datetime) -> datetime | date | UUID:
    if isinstance(field, models.UUIDField):
        return uuid7_floor(before)
    return before if isinstance(field, models.DateTimeField) else before.date()


def _instant(value: Any) -> datetime | None:
    if isinstance(value, UUID):
        return time_of(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return clock.midnight(value)
    return value if isinstance(value, datetime) else None
