"""What a shorter period would let go: read before it is instructed, from counters, never from messages. Keeps P-RET-6: it
can be taken out first, exactly those days.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from paasoo_portal.core import clock, regions
from paasoo_portal.core.regions import Region
from privacy.pages.selectors import ClassShown
from privacy.retention import instructions, outlook
from privacy.retention.outlook import Kept, Outlook

# As many days as the message log exports at once.
MOST_DAYS: Final = 100


@dataclass(frozen=True)
class Span:
    """Days of a region, both included, that can be exported at once."""

    region: Region
    first_on: date
    last_on: date
    messages: int


@dataclass(frozen=True)
class Preview:
    """How many messages would lose this part of them, the newest day among them, and what to export first.

    `night_on` is the day whose following night is the first to erase by it, if it were instructed now.
    """

    records: int
    latest_on: date | None
    night_on: date
    spans: list[Span]


def of(found: Outlook, shown: ClassShown, days: int) -> Preview:
    """Over all regions, of what can be read now."""
    on = first_cut()
    going = [one for one in found.would_go(shown.data_class, shown.rule, days, on) if one.messages]
    return Preview(
        outlook.messages_of(going),
        max((one.day for one in going), default=None),
        on - timedelta(days=1),
        list(_spans(going)),
    )


def first_cut() -> date:
    """The day whose midnight is the first cut-off for an instruction given now."""
    return outlook.first_midnight(clock.now() + instructions.GRACE)


def _spans(going: list[Kept]) -> Iterator[Span]:
    for alias in regions.aliases():
        left = sorted((one for one in going if one.alias == alias), key=lambda one: one.day)
        while left:
            end = left[0].day + timedelta(days=MOST_DAYS)
            part, left = [one for one in left if one.day < end], [one for one in left if one.day >= end]
            yield Span(regions.of_alias(alias), part[0].day, part[-1].day, sum(one.messages for one in part))
