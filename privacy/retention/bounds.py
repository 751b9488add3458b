"""The published bounds of each data class: default, floor and ceiling in days, with effective dates. Keeps
P-RET-11, P-RET-12.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db import connection

from privacy.errors import PrivacyError

# A statutory floor that is switched on lifts all three: it outranks what was published (P-RET-12).
_IN_FORCE: Final = """
SELECT b.data_class, greatest(b.default_days, f.days), greatest(b.floor_days, f.days), greatest(b.ceiling_days, f.days)
FROM (
  SELECT DISTINCT ON (data_class) data_class, default_days, floor_days, ceiling_days
  FROM privacy_retentionbound WHERE effective_on <= %s ORDER BY data_class, effective_on DESC
) b LEFT JOIN (
  SELECT data_class, max(days) AS days FROM privacy_statutoryfloor WHERE switched_on AND effective_on <= %s GROUP BY 1
) f USING (data_class)
"""


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
        cursor.execute(_IN_FORCE, [on, on])
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
