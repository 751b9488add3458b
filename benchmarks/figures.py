"""A measured figure beside its floor, as a line of the table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

RESULTS: Final = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True)
class Figure:
    """`ratio` is value over floor; `target` the ratio to reach (or, unless `at_least`, not to exceed), None when only
    reported.
    """

    name: str
    value: float
    unit: str
    floor: str
    floor_value: float
    ratio: float
    target: float | None
    at_least: bool = True


def against(
    name: str, value: float, unit: str, floor: str, floor_value: float, target: float | None
) -> Figure:
    """A figure of two measured values of which more is better."""
    return Figure(
        name, round(value, 1), unit, floor, round(floor_value, 1), round(value / floor_value, 2), target
    )


def within(name: str, value: float, unit: str, floor: str, floor_value: float, most: float | None) -> Figure:
    """A cost beside its floor, of which it may be so many times as much."""
    ratio = round(value / floor_value, 3)
    return Figure(name, round(value, 1), unit, floor, round(floor_value, 1), ratio, most, at_least=False)


def write(name: str, figures: Sequence[Figure]) -> None:
    """Replace benchmarks/results/NAME.json."""
    RESULTS.mkdir(exist_ok=True)
    content = json.dumps([asdict(figure) for figure in figures], indent=2)
    (RESULTS / f"{name}.json").write_text(content + "\n", encoding="utf-8")


def table(figures: Sequence[Figure]) -> str:
    """Figure, floor, ratio, target."""
    head = ("figure", "value", "floor", "value", "ratio", "target")
    lines = [
        (
            f"[{figure.name}]",
            f"{figure.value:,} {figure.unit}",
            figure.floor,
            f"{figure.floor_value:,} {figure.unit}",
            f"{figure.ratio:.2f}",
            _target(figure),
        )
        for figure in figures
    ]
    widths = [max(map(len, column)) for column in zip(head, *lines, strict=True)]
    rows = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in (head, *lines)
    ]
    return "\n".join(row.rstrip() for row in rows)


def _target(figure: Figure) -> str:
    """A rate is to reach its target, a cost to stay within it."""
    if figure.target is None:
        return "reported"
    if not figure.at_least:
        return f"≤ {figure.target:g} {'kept' if figure.ratio <= figure.target else 'MISSED'}"
    return f"≥ {figure.target:g} {'reached' if figure.ratio >= figure.target else 'MISSED'}"
