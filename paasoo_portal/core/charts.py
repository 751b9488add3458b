"""Charts drawn on the server: stacked bars as plain rectangles, so that one strict policy and no script suffice.

The drawing stretches to its place while words stay outside it, readable at any width; the same figures follow as a
table for whoever cannot see the drawing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.functional import Promise

HEIGHT: Final = 100
STEP: Final = 10
GAP: Final = 2


@dataclass(frozen=True)
class Series:
    """One kind of thing that is counted; `tone` names its colour (good, bad, warn, info)."""

    name: str | Promise
    tone: str
    values: Sequence[int]


@dataclass(frozen=True)
class Cut:
    """An upright line between days: `after` bars from the left, which may lie within one. `tone` names its look."""

    name: str | Promise
    tone: str
    after: float


@dataclass(frozen=True)
class Rectangle:
    """In units of the drawing: STEP wide for each day, HEIGHT high in all."""

    x: int
    y: float
    width: int
    height: float
    tone: str


@dataclass(frozen=True)
class Bars:
    """A stacked bar for each day; every series has a value for each day.

    With `span` above 1 a bar stands for so many days, of which `days` names the first.
    """

    title: str | Promise
    days: Sequence[date]
    series: Sequence[Series]
    cuts: Sequence[Cut] = ()
    span: int = 1

    def __post_init__(self) -> None:
        if any(len(one.values) != len(self.days) for one in self.series):
            raise ValueError("a chart's series have a value for each day")

    @property
    def width(self) -> int:
        return max(len(self.days), 1) * STEP

    @property
    def top(self) -> int:
        """The value at the upper edge: round, and never less than the highest bar."""
        return _round_up(max((sum(values) for values in self._stacks()), default=0))

    @property
    def total(self) -> int:
        return sum(sum(one.values) for one in self.series)

    def rectangles(self) -> Iterator[Rectangle]:
        """From below upwards, in the order of the series."""
        unit = HEIGHT / self.top
        for place, values in enumerate(self._stacks()):
            base = float(HEIGHT)
            for one, value in zip(self.series, values, strict=True):
                if value:
                    height = value * unit
                    base -= height
                    yield Rectangle(
                        place * STEP + GAP // 2, round(base, 2), STEP - GAP, round(height, 2), one.tone
                    )

    def lines(self) -> list[tuple[str, float]]:
        """The cuts' looks, and where they stand."""
        return [(cut.tone, round(min(max(cut.after, 0), len(self.days)) * STEP, 2)) for cut in self.cuts]

    def marks(self) -> list[date]:
        """The days named under the drawing: first, middle, last."""
        if not self.days:
            return []
        return list(dict.fromkeys([self.days[0], self.days[len(self.days) // 2], self.days[-1]]))

    def rows(self) -> list[tuple[date, list[int]]]:
        """The table, newest day first."""
        return [(day, list(values)) for day, values in zip(self.days, self._stacks(), strict=True)][::-1]

    def _stacks(self) -> list[tuple[int, ...]]:
        if not self.series:
            return [() for _ in self.days]
        return list(zip(*(one.values for one in self.series), strict=True))


def _round_up(value: int) -> int:
    """The next of 1, 2, 3, 4, 5, 6, 8, 10, 20 …"""
    step = 1
    while True:
        for factor in (1, 2, 3, 4, 5, 6, 8):
            if value <= factor * step:
                return factor * step
        step *= 10
