"""The history of an account's instructions: who, when, from how many days to how many, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.urls import reverse

from paasoo_portal.core import clock, directory
from privacy.keys.models import DataClass
from privacy.pages import in_force
from privacy.pages.selectors import SLUGS
from privacy.retention.models import RetentionBound, RetentionInstruction

PER_PAGE: Final = 10
_SLUG_OF: Final = {data_class: slug for slug, data_class in SLUGS.items()}


class Became(StrEnum):
    WAITING = "waiting"
    IN_FORCE = "in_force"
    REPLACED = "replaced"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Past:
    """An instruction, with the days that were in force when it was given."""

    slug: str
    label: str
    former_days: int
    days: int
    by: str
    instructed_at: datetime
    effective_at: datetime
    cancelled_at: datetime | None
    became: Became


@dataclass(frozen=True)
class History:
    rows: list[Past]
    page: dict[str, str]


def shown(given: list[RetentionInstruction], bounds: list[RetentionBound], number: int) -> History:
    """A page of the instructions: those that wait, then the others. Instructions and bounds come newest first."""
    ordered = sorted(given, key=lambda one: _became(one, given) != Became.WAITING)
    last = max((len(ordered) - 1) // PER_PAGE, 0)
    number = min(max(number, 0), last)
    picked = ordered[number * PER_PAGE : (number + 1) * PER_PAGE]
    names = directory.labels("person", {one.instructed_by_id for one in picked if one.instructed_by_id})
    rows = [_past(one, given, bounds, names) for one in picked]
    older = _address(number + 1) if number < last else ""
    return History(rows, {"newer": _address(number - 1) if number else "", "older": older})


def _past(
    one: RetentionInstruction,
    given: list[RetentionInstruction],
    bounds: list[RetentionBound],
    names: dict[UUID, str],
) -> Past:
    return Past(
        slug=_SLUG_OF[DataClass(one.data_class)],
        label=str(DataClass(one.data_class).label),
        former_days=in_force.days(one.data_class, one.instructed_at, _before(one, given), bounds),
        days=one.days,
        by=names[one.instructed_by_id] if one.instructed_by_id else "",
        instructed_at=one.instructed_at,
        effective_at=one.effective_at,
        cancelled_at=one.cancelled_at,
        became=_became(one, given),
    )


def _became(one: RetentionInstruction, given: list[RetentionInstruction]) -> Became:
    now = clock.now()
    if one.cancelled_at is not None:
        return Became.CANCELLED
    if one.effective_at > now:
        return Became.WAITING
    return Became.IN_FORCE if in_force.latest(one.data_class, now, given) is one else Became.REPLACED


def _before(one: RetentionInstruction, given: list[RetentionInstruction]) -> list[RetentionInstruction]:
    """What had been instructed when it was given."""
    return given[given.index(one) + 1 :]


def _address(number: int) -> str:
    return f"{reverse('retention')}?page={number + 1}#history"
