"""Which holds are in force, and what they cover: the one place that answers it.

An open hold on an account keeps the day keys themselves. Every other one keeps copies: a number's because it is less
than a day, a person's because a person has no day, and a secret one because nothing the customer sees may differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q, QuerySet

from privacy.holds.models import LegalHold, Scope

FOREVER = date(9999, 12, 31)
_KEEPS_KEYS = Q(scope=Scope.ACCOUNT, secret=False, copied=False)


class Held(NamedTuple):
    """Of one account and class, the days (both included) on which what starts is preserved."""

    account_id: UUID
    data_class: int
    first_day: date
    last_day: date


def standing() -> QuerySet[LegalHold]:
    """Every hold in force: proposed ones too, until they lapse."""
    return LegalHold.objects.filter(released_at=None)


def in_force(account_id: UUID | None = None) -> list[Held]:
    """Every day key that is kept, of one account or of all."""
    found = standing().filter(_KEEPS_KEYS)
    if account_id is not None:
        found = found.filter(account_id=account_id)
    return covering(found)


def covering(holds: Iterable[LegalHold]) -> list[Held]:
    """What these holds preserve."""
    return [
        Held(hold.account_id, data_class, hold.first_day, hold.last_day or FOREVER)
        for hold in holds
        if hold.account_id is not None
        for data_class in hold.classes
    ]


def covered(account_id: UUID, days: Iterable[date]) -> set[date]:
    """Those of the days on which anything of the account is kept where it is, and the customer may know it."""
    held = in_force(account_id)
    return {day for day in days if any(one.first_day <= day <= one.last_day for one in held)}


def by_copies() -> list[LegalHold]:
    """Every hold in force that preserves by copies."""
    return list(standing().exclude(_KEEPS_KEYS))


def people() -> set[UUID]:
    """Whom a hold in force is about."""
    found = standing().filter(scope=Scope.PERSON).values_list("person_id", flat=True)
    return {person_id for person_id in found if person_id is not None}


def of_person(person_id: UUID) -> list[LegalHold]:
    """The holds in force about a person, secret ones too."""
    return list(standing().filter(scope=Scope.PERSON, person_id=person_id))


def shown(account_id: UUID) -> list[LegalHold]:
    """The account's holds in force that the customer may know of, newest first."""
    return list(standing().filter(account_id=account_id, secret=False).order_by("-placed_at"))


def shown_to_person(person_id: UUID) -> list[LegalHold]:
    """The holds about a person that they may know of, newest first."""
    mine = standing().filter(scope=Scope.PERSON, person_id=person_id, secret=False)
    return list(mine.order_by("-placed_at"))
