"""What of an account is kept, by class and day over all its regions, and when it goes: for its own pages.

Days come from the living keys, messages from the counters that others registered; no message is looked at. A day counts
as kept while a key of it lives; a single message that asked for a shorter life goes earlier than its day. Keeps P-RET-2.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Max

from paasoo_portal.core import clock, hooks, regions
from paasoo_portal.core.tenancy import scope
from privacy.holds.register import Held
from privacy.keys.models import DataKey


class Kept(NamedTuple):
    """A day of a class in one database whose keys live: how many messages, and the keys' own last day."""

    data_class: int
    day: date
    due_on: date
    messages: int
    alias: str = ""


class Rule(NamedTuple):
    """Days in force, and those that wait: from the midnight that begins `then_from` on."""

    days: int
    then_days: int | None = None
    then_from: date | None = None

    def due_on(self, kept: Kept) -> date:
        """The midnight at which the day goes: at its keys' own, or earlier by instruction."""
        due_on = min(kept.due_on, kept.day + timedelta(days=max(self.days, 1)))
        if self.then_days is None or self.then_from is None:
            return due_on
        return min(due_on, max(kept.day + timedelta(days=max(self.then_days, 1)), self.then_from))


@dataclass(frozen=True)
class Outlook:
    """Everything that is asked of the regions, asked once."""

    today: date
    kept: list[Kept]
    messages: dict[int, Counter[date]]
    held: list[Held]

    def alive(self, data_class: int, rule: Rule) -> list[Kept]:
        """What can be read now. A key whose day has come is refused already, though the night has not taken it yet."""
        return [one for one in self.kept if one.data_class == data_class and rule.due_on(one) > self.today]

    def would_go(self, data_class: int, rule: Rule, days: int, on: date) -> list[Kept]:
        """What an instruction of fewer days, first in force at the midnight that begins `on`, has let die by then.

        Of what can be read now; nothing where the days are not fewer.
        """
        if days >= rule.days:
            return []
        shorter = Rule(days)
        alive = self.alive(data_class, rule)
        return [one for one in alive if shorter.due_on(one) <= on and not self.is_held(one)]

    def going(self, data_class: int, rule: Rule) -> dict[date, list[Kept]]:
        """By the midnight at which it goes, soonest first; what a legal hold preserves does not go."""
        found: dict[date, list[Kept]] = defaultdict(list)
        for one in self.alive(data_class, rule):
            if not self.is_held(one):
                found[rule.due_on(one)].append(one)
        return dict(sorted(found.items()))

    def is_held(self, one: Kept) -> bool:
        return any(
            held.data_class == one.data_class and held.first_day <= one.day <= held.last_day
            for held in self.held
        )


def read(account_id: UUID, *, back: int, held: list[Held]) -> Outlook:
    """Over all regions, counts of the last `back` days and of today. One scope and two queries for each region."""
    today = clock.today()
    kept: list[Kept] = []
    messages: dict[int, Counter[date]] = defaultdict(Counter)
    for alias in regions.aliases():
        with scope(account_id, using=(alias,)):
            counted = _counted(alias, account_id, today - timedelta(days=back), today)
            living = DataKey.objects.using(alias).values_list("data_class", "starts_on")
            for data_class, day, due_on in living.annotate(due_on=Max("due_on")):
                messages_then = counted.get(data_class, Counter())[day]
                kept.append(Kept(data_class, day, due_on, messages_then, alias))
        for data_class, days in counted.items():
            messages[data_class].update(days)
    return Outlook(today, kept, messages, held)


def first_midnight(effective_at: datetime) -> date:
    """The day whose midnight is the first cut-off at which an instruction is in force."""
    day = effective_at.date()
    return day if effective_at <= clock.midnight(day) else day + timedelta(days=1)


def messages_of(kept: Iterable[Kept]) -> int:
    return sum(one.messages for one in kept)


def _counted(alias: str, account_id: UUID, first_day: date, last_day: date) -> dict[int, Counter[date]]:
    found: dict[int, Counter[date]] = defaultdict(Counter)
    answers = hooks.call(
        "retention.volume", alias=alias, account_id=account_id, first_day=first_day, last_day=last_day
    )
    for answer in answers:
        for data_class, days in answer.items():
            found[data_class].update(days)
    return found
