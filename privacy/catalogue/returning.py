"""What an organisation gets back when it leaves: its rows as the catalogue declares them, whole but for secrets.

A field is returned unless it is declared withheld, is about our staff, or is its person's own affair with us. Keeps P-RET-6
(Art. 28(3)(g)), P-SEC-5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.models import Q

from paasoo_portal.core import hooks
from paasoo_portal.core.router import TRAFFIC, plane_of
from paasoo_portal.core.tenancy import scope
from privacy.catalogue.declarations import (
    MEMBERS,
    Declaration,
    FieldEntry,
    NotPersonal,
    PersonalData,
    entries,
)
from privacy.catalogue.registry import catalogue
from privacy.catalogue.terms import Export, Subject

_BATCH = 500


@dataclass(frozen=True)
class Returned:
    """A model of which an organisation gets rows back: what names it there, and the fields it gets."""

    model: type[models.Model]
    organisation: str
    fields: tuple[FieldEntry, ...]

    @property
    def label(self) -> str:
        return self.model._meta.label

    @property
    def traffic(self) -> bool:
        return plane_of(self.model) == TRAFFIC

    def rows(self, account_id: UUID, alias: str = "default") -> Iterator[models.Model]:
        """The organisation's rows in one database, batch by batch: nothing is yielded inside of a transaction."""
        after = Q()
        while True:
            with scope(account_id, using=[alias]):
                theirs = _theirs(self.organisation, account_id)
                found = self.model._base_manager.using(alias).filter(theirs & after).order_by("pk")
                batch = list(found[:_BATCH])
            yield from batch
            if len(batch) < _BATCH:
                return
            after = Q(pk__gt=batch[-1].pk)

    def record(self, row: models.Model) -> dict[str, Any]:
        """What a row says in these fields. Who acted for us stays unnamed."""
        told = {field.field: getattr(row, _attribute(self.model, field.field)) for field in self.fields}
        if told.get("actor_kind") == "staff":
            told["actor_id"] = None
        return told


def returned() -> list[Returned]:
    """Every model of which anything is returned."""
    found = []
    for declaration in catalogue().models.values():
        model, fields = apps.get_model(declaration.model), fields_of(declaration)
        if fields and (organisation := organisation_of(model, declaration)):
            found.append(Returned(model, organisation, fields))
    return found


def of(model: type[models.Model]) -> Returned:
    return next(one for one in returned() if one.model is model)


def organisation_of(model: type[models.Model], declaration: Declaration) -> str:
    """What names the organisation whose a row is: a lookup path or MEMBERS; nothing where it is nobody's."""
    if isinstance(declaration, PersonalData) and declaration.organisation:
        return declaration.organisation
    names = {field.name for field in model._meta.concrete_fields}
    return "account_id" if "account_id" in names else "id" if model._meta.label == "accounts.Account" else ""


def fields_of(declaration: Declaration) -> tuple[FieldEntry, ...]:
    """The fields that are returned; none of a model that is nobody's, withheld, or its person's own."""
    if isinstance(declaration, NotPersonal):
        return tuple(entries(declaration)) if declaration.returned else ()
    found = entries(declaration)
    if declaration.own or not any(one.personal and is_returned(one) for one in found):
        return ()
    return tuple(one for one in found if is_returned(one))


def is_returned(entry: FieldEntry) -> bool:
    if not entry.personal:
        return not entry.withheld
    return entry.export is not Export.NONE and not entry.own and entry.subject is not Subject.STAFF


def _theirs(organisation: str, account_id: UUID) -> Q:
    if organisation != MEMBERS:
        return Q(**{organisation: account_id})
    found = [one for answer in hooks.call("account.people", account_id=account_id) for one in answer]
    return Q(pk__in=found)


def _attribute(model: type[models.Model], name: str) -> str:
    return str(model._meta.get_field(name).attname)  # type: ignore[union-attr]
