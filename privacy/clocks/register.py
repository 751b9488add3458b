"""Which clock runs: the one of the region where there is one, else the general one, as published for the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import ngettext

from paasoo_portal.core import clock
from privacy.clocks.models import ClockKind, LegalClock, Unit
from privacy.errors import PrivacyError


class NoClock(PrivacyError):
    """No clock of the kind is published for the day."""


@dataclass(frozen=True)
class Span:
    """How long a clock runs."""

    months: int
    days: int

    def __add__(self, other: Span) -> Span:
        return Span(self.months + other.months, self.days + other.days)

    @property
    def text(self) -> str:
        """In a reader's words."""
        if self.months:
            return ngettext("%(n)d month", "%(n)d months", self.months) % {"n": self.months}
        return ngettext("%(n)d day", "%(n)d days", self.days) % {"n": self.days}


def span_of(row: LegalClock) -> Span:
    return Span(row.amount, 0) if row.unit == Unit.MONTHS else Span(0, row.amount)


def in_force(kind: str, on: date | None = None, region: str = "") -> LegalClock:
    """The row in force on a day (today). Raises NoClock."""
    rows = LegalClock.objects.filter(kind=kind, effective_on__lte=on or clock.today())
    for place in dict.fromkeys((region, "")):
        found = rows.filter(region=place).order_by("-effective_on").first()
        if found is not None:
            return found
    raise NoClock(f"no clock {kind} is published for {on}")


def span(kind: str, on: date | None = None, region: str = "") -> Span:
    return span_of(in_force(kind, on, region))


def days(kind: str, on: date | None = None, region: str = "") -> timedelta:
    """Of a clock that counts days."""
    return timedelta(days=span(kind, on, region).days)


def given(clocks: dict[str, int], kind: ClockKind, on: date) -> Span:
    """The clock that something was given when it began; of what began before clocks were noted, that day's."""
    row = LegalClock.objects.filter(pk=clocks[kind]).first() if kind in clocks else None
    return span_of(row) if row is not None else span(kind, on)


def shown(on: date | None = None) -> list[LegalClock]:
    """Every clock in force on a day, the general ones first."""
    rows = LegalClock.objects.filter(effective_on__lte=on or clock.today()).order_by("effective_on")
    found = {(row.region, row.kind): row for row in rows}
    order = list(ClockKind)
    return sorted(found.values(), key=lambda row: (row.region, order.index(ClockKind(row.kind))))
