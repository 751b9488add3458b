"""The published bounds of each data class: default, floor and ceiling in days, with effective dates. Keeps
P-RET-11, P-RET-12.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import connection

from privacy.errors import PrivacyError


class NoBound(PrivacyError):
    """No bound is published for the class on that day."""


@dataclass(frozen=True)
class Bound:
    data_class: int
    default_days: int
    floor_days: int
    ceiling_days: int

    def clamp(self, days: int) -> int:
        return min(max(days, self.floor_days), self.ceiling_days)


def in_force(on: date) -> dict[int, Bound]:
    """The bounds of every data class on a day."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (data_class) data_class, default_days, floor_days, ceiling_days "
            "FROM privacy_retentionbound WHERE effective_on <= %s ORDER BY data_class, effective_on DESC",
            [on],
        )
        return {row[0]: Bound(*row) for row in cursor.fetchall()}


def of(data_classes: Iterable[int], on: date) -> dict[int, Bound]:
    """The bounds of some classes on a day, in one query. Raises NoBound."""
    found = in_force(on)
    try:
        return {data_class: found[data_class] for data_class in data_classes}
    except KeyError as missing:
        raise NoBound(f"no retention bound for class {missing} on {on}") from None


def bound(data_class: int, on: date) -> Bound:
    """Raises NoBound."""
    return of([data_class], on)[data_class]
