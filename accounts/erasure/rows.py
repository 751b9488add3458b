"""What names a person, as the catalogue says of each table: rows go, or the name in them is blanked."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import models, transaction

from paasoo_portal.core.tenancy import TenantModel, scope
from privacy.catalogue import people
from privacy.catalogue.people import Place
from privacy.catalogue.terms import Erasure
from privacy.preservation import people as preserving


def erase_everywhere(person_id: UUID, account_ids: Iterable[UUID]) -> None:
    """All but the person's own row, in these accounts and in what belongs to none. What a hold covers is copied first."""
    accounts = list(account_ids)
    preserving.before_erasure(person_id, accounts)
    for account_id in accounts:
        _erase_in_account(person_id, account_id)
    for place in people.places_of_people():
        if not issubclass(place.model, TenantModel) and place.label != "accounts.Person":
            _erase(place, person_id)


def erase_in_account(person_id: UUID, account_id: UUID) -> None:
    """An organisation's rows. Nobody can reach them for the person once they have left it."""
    with transaction.atomic():
        preserving.before_erasure(person_id, [account_id])
        _erase_in_account(person_id, account_id)


def _erase_in_account(person_id: UUID, account_id: UUID) -> None:
    with scope(account_id):
        for place in people.places_of_people():
            if issubclass(place.model, TenantModel):
                _erase(place, person_id)


def _erase(place: Place, person_id: UUID) -> None:
    for lookup in place.declaration.person:
        rows = place.model._base_manager.filter(**{lookup: person_id})
        erasure = place.erasure_of(lookup)
        if erasure is Erasure.ROW:
            rows.delete()
        elif erasure is Erasure.BLANK:
            rows.update(**{_column(place.model, lookup): None})


def _column(model: type[models.Model], name: str) -> str:
    return str(model._meta.get_field(name).attname)  # type: ignore[union-attr]
