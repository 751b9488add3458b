"""From a person or an organisation to their rows, as the catalogue declares it: what is shown, exported and erased.

Keeps P-RGT-1 and P-RGT-3: a model that names a person says how, and the check refuses one that does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.models import Count, Q, QuerySet, Value

from paasoo_portal.core.router import TRAFFIC, plane_of
from paasoo_portal.core.tenancy import TenantModel, scope
from privacy.catalogue.declarations import FieldEntry, PersonalData, entries
from privacy.catalogue.registry import catalogue
from privacy.catalogue.terms import Erasure, Export, Subject


@dataclass(frozen=True)
class Place:
    """A model that holds personal data, with its fields as declared."""

    model: type[models.Model]
    declaration: PersonalData
    fields: tuple[FieldEntry, ...]

    @property
    def label(self) -> str:
        return self.model._meta.label

    @property
    def traffic(self) -> bool:
        return plane_of(self.model) == TRAFFIC

    @property
    def tenant(self) -> bool:
        return issubclass(self.model, TenantModel)

    @property
    def exported(self) -> tuple[FieldEntry, ...]:
        return tuple(field for field in self.fields if field.export is not Export.NONE)

    @property
    def told(self) -> tuple[FieldEntry, ...]:
        """The fields that are about the person whom a row names, and not about somebody else beside them."""
        if self.declaration.person == (self.model._meta.pk.name,):
            return self.fields
        named = {field.subject for field in self.fields if field.field in self.declaration.person}
        return tuple(field for field in self.fields if not named or field.subject in named)

    @property
    def of_staff(self) -> bool:
        """Whether it names people only as those who work for us."""
        named = {field.subject for field in self.fields if field.field in self.declaration.person}
        return named == {Subject.STAFF}

    def erasure_of(self, lookup: str) -> Erasure:
        """What becomes of rows that name a person by this lookup."""
        named = next((field for field in self.fields if field.field == lookup), None)
        found = named.erasure if named is not None else None
        return found or self.declaration.erasure

    @property
    def of_account(self) -> str:
        """The field that names the organisation, if there is one."""
        names = {field.name for field in self.model._meta.concrete_fields}
        return "account_id" if "account_id" in names else "id" if self.label == "accounts.Account" else ""


def places() -> Iterator[Place]:
    """Every declared model that holds personal data."""
    for declaration in catalogue().models.values():
        if isinstance(declaration, PersonalData):
            fields = tuple(field for field in entries(declaration) if field.personal)
            yield Place(apps.get_model(declaration.model), declaration, fields)


def places_of_people() -> list[Place]:
    return [place for place in places() if place.declaration.person]


def rows_of_person(place: Place, person_id: UUID, account_ids: Iterable[UUID]) -> Iterator[models.Model]:
    """The rows that are about a person, in whatever of their accounts. Control plane only."""
    if place.tenant:
        for account_id in account_ids:
            with scope(account_id):
                yield from _ordered(place.model, _about(place, person_id) & Q(account_id=account_id))
    else:
        yield from _ordered(place.model, _about(place, person_id))


def newest_of_person(
    places: Iterable[Place], person_id: UUID, account_ids: Iterable[UUID], most: int
) -> dict[str, list[models.Model]]:
    """By place, the newest rows that are about a person, at most `most`. One query a place and account.

    Keys are counters or carry their time, so the highest is the newest.
    """
    asked = list(places)
    found = {
        place.label: [] if place.tenant else list(_newest(place.model, _about(place, person_id))[:most])
        for place in asked
    }
    for account_id in account_ids:
        with scope(account_id):
            for place in asked:
                if place.tenant:
                    about = _about(place, person_id) & Q(account_id=account_id)
                    found[place.label] += _newest(place.model, about)[:most]
    return {label: sorted(rows, key=attrgetter("pk"), reverse=True)[:most] for label, rows in found.items()}


def counts_of_person(
    person_id: UUID, account_ids: Iterable[UUID], *, worked_here: bool
) -> list[tuple[Place, int]]:
    """The places where a person is named, with how many rows. One query, and one an account.

    Who never worked for us stands in no table of staff, so those are not asked.
    """
    of_people = [place for place in places_of_people() if worked_here or not place.of_staff]
    found = Counter(_counted([place for place in of_people if not place.tenant], person_id))
    for account_id in account_ids:
        with scope(account_id):
            found.update(
                _counted([place for place in of_people if place.tenant], person_id, account_id=account_id)
            )
    return [(place, found[place.label]) for place in of_people if found[place.label]]


def _counted(asked: list[Place], person_id: UUID, **narrowed: UUID) -> dict[str, int]:
    counts = [
        place.model._base_manager.filter(_about(place, person_id), **narrowed)
        .order_by()
        .annotate(place=Value(place.label))
        .values("place")
        .annotate(n=Count("pk", distinct=True))
        .values_list("place", "n")
        for place in asked
    ]
    first, *others = counts
    return dict(first.union(*others, all=True))


def _about(place: Place, person_id: UUID) -> Q:
    narrowed = Q()
    for lookup in place.declaration.person:
        narrowed |= Q(**{lookup: person_id})
    return narrowed


def rows_of_account(place: Place, account_id: UUID, alias: str = "default") -> Iterator[models.Model]:
    """The rows of an organisation in one database, streamed."""
    with scope(account_id, using=[alias]) if place.tenant or place.traffic else nullcontext():
        rows = _ordered(place.model, Q(**{place.of_account: account_id})).using(alias)
        yield from rows.iterator(chunk_size=500)


def values(place: Place, row: models.Model, fields: Iterable[FieldEntry]) -> dict[str, Any]:
    """What a row says in these fields, but for secrets."""
    return {
        field.field: getattr(row, _attribute(place.model, field.field))
        for field in fields
        if field.export is not Export.NONE
    }


def _attribute(model: type[models.Model], name: str) -> str:
    return str(model._meta.get_field(name).attname)  # type: ignore[union-attr]


def _ordered(model: type[models.Model], narrowed: Q) -> QuerySet[models.Model]:
    return model._base_manager.filter(narrowed).order_by("pk")


def _newest(model: type[models.Model], narrowed: Q) -> QuerySet[models.Model]:
    return model._base_manager.filter(narrowed).order_by("-pk")
