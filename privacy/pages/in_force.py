"""Which days are or were in force, told from an account's instructions and the bounds as a page has read them once.

What enforces reads `retention.instructions`; a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from privacy.retention.models import RetentionBound, RetentionInstruction


def latest(
    data_class: int, at: datetime, given: Iterable[RetentionInstruction]
) -> RetentionInstruction | None:
    """The instruction in force at an instant. One that was cancelled never was: only its grace period allows it."""
    taken = [
        one
        for one in given
        if one.data_class == data_class and one.cancelled_at is None and one.effective_at <= at
    ]
    return max(taken, key=lambda one: (one.effective_at, one.instructed_at), default=None)


def days(
    data_class: int, at: datetime, given: Iterable[RetentionInstruction], bounds: list[RetentionBound]
) -> int:
    """The days kept at an instant; `bounds` come newest first."""
    limits, found = bound(data_class, at.date(), bounds), latest(data_class, at, given)
    if found is None:
        return limits.default_days
    return min(max(found.days, limits.floor_days), limits.ceiling_days)


def bound(data_class: int, on: date, bounds: list[RetentionBound]) -> RetentionBound:
    """The bound of a class on a day; before the first, the first."""
    mine = [one for one in bounds if one.data_class == data_class]
    return next((one for one in mine if one.effective_on <= on), mine[-1])
