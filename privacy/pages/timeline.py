"""The chart of a class: messages by the day they were written, and the line behind which they are erased."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from paasoo_portal.core.charts import Bars, Cut, Series
from privacy.keys.models import DataClass
from privacy.retention.outlook import Kept, Outlook, Rule

MOST_BARS: Final = 36
_SHORTEST: Final = 14


@dataclass(frozen=True)
class Span:
    """How far back a chart looks: so many bars of so many days, the last of which ends today."""

    today: date
    bars: int
    size: int

    @property
    def firsts(self) -> list[date]:
        """The first day of each bar, the oldest first."""
        return [
            self.today - timedelta(days=(self.bars - place) * self.size - 1) for place in range(self.bars)
        ]

    def summed(self, days: Counter[date]) -> list[int]:
        found = [0] * self.bars
        for day, count in days.items():
            place = self.bars - 1 - (self.today - day).days // self.size
            if 0 <= place < self.bars:
                found[place] += count
        return found

    def after(self, days: int, ahead: int = 0) -> float:
        """Where the line for so many days will fall, so many days ahead: what is younger then stands to its right."""
        return self.bars - max(max(days, 1) - ahead, 0) / self.size


def span(today: date, furthest: int) -> Span:
    """A chart that shows the furthest line, and a fifth of it beyond."""
    wanted = max(furthest + furthest // 5, _SHORTEST)
    size = -(-wanted // MOST_BARS)
    return Span(today, -(-wanted // size), size)


def chart(
    outlook: Outlook,
    data_class: DataClass,
    rule: Rule,
    proposed: int | None = None,
    *,
    on: date | None = None,
    title: str,
) -> Bars | None:
    """By day: kept, erased, and what a proposal would let go that is first in force on a day (today, if none is given).

    None where nothing was counted.
    """
    on = on or outlook.today
    counted = outlook.messages.get(data_class, Counter())
    alive = outlook.alive(data_class, rule)
    going = [] if proposed is None else outlook.would_go(data_class, rule, proposed, on)
    gone = set(going)
    kept = [one for one in alive if one not in gone]
    drawn = span(outlook.today, max(rule.days, rule.then_days or 0, proposed or 0))
    series = [
        Series(_("Kept"), "kept", drawn.summed(_by_day(kept))),
        Series(_("Would be erased"), "bad", drawn.summed(_by_day(going))),
        Series(_("Erased"), "faint", drawn.summed(counted - _by_day(alive))),
    ]
    shown = [one for one in series if one.tone != "bad" or proposed is not None]
    bars = Bars(title, drawn.firsts, shown, _cuts(drawn, rule, proposed, on), drawn.size)
    return bars if bars.total else None


def _cuts(drawn: Span, rule: Rule, proposed: int | None, on: date) -> list[Cut]:
    found = [Cut(_kept_for(_("Now"), rule.days), "now", drawn.after(rule.days))]
    if rule.then_days is not None and rule.then_from is not None:
        ahead = (rule.then_from - drawn.today).days
        found.append(Cut(_kept_for(_("Waiting"), rule.then_days), "warn", drawn.after(rule.then_days, ahead)))
    if proposed is not None and proposed != rule.days:
        ahead = (on - drawn.today).days if proposed < rule.days else 0
        found.append(Cut(_kept_for(_("Proposed"), proposed), "proposed", drawn.after(proposed, ahead)))
    return found


def _kept_for(word: str, days: int) -> str:
    return ngettext("%(word)s: %(n)d day", "%(word)s: %(n)d days", days) % {"word": word, "n": days}


def _by_day(kept: list[Kept]) -> Counter[date]:
    found: Counter[date] = Counter()
    for one in kept:
        found[one.day] += one.messages
    return found
