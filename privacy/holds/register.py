"""Which holds are in force, and what they cover."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID

from privacy.holds.models import LegalHold

FOREVER = date(9999, 12, 31)


class Held(NamedTuple):
    """Of one account and class, the days (both included) on which what starts is preserved."""

    account_id: UUID
    data_class: int
    first_day: date
    last_day: date


def in_force(account_id: UUID | None = None) -> list[Held]:
    """Everything that is preserved, of one account or of all."""
    found = LegalHold.objects.filter(released_at=None)
    if account_id is not None:
        found = found.filter(account_id=account_id)
    return covering(found)


def covering(holds: Iterable[LegalHold]) -> list[Held]:
    """What these holds preserve."""
    return [
        Held(hold.account_id, data_class, hold.first_day, hold.last_day or FOREVER)
        for hold in holds
        for data_class in hold.classes
    ]


def covered(account_id: UUID, days: Iterable[date]) -> set[date]:
    """Those of the days on which anything of the account is preserved."""
    held = in_force(account_id)
    return {day for day in days if any(one.first_day <= day <= one.last_day for one in held)}


def shown(account_id: UUID) -> list[LegalHold]:
    """The account's holds in force, newest first."""
    return list(LegalHold.objects.filter(account_id=account_id, released_at=None).order_by("-placed_at"))
