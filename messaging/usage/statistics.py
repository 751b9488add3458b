"""Figures that identify nobody: messages per day, region, country, channel and state over all accounts. Keeps P-RET-10.

A group is published when at least ten recipients and three accounts stand behind it; smaller ones of a channel and state
are folded into "ZZ" (elsewhere), and withheld if even together they are too small. A day is published once, when its
states have settled or its messages are about to go, and never touched again: whoever compares two looks at the same day
learns nothing, and any difference between filters is a sum of groups that are each large enough. The sweep's note of
which keys the day's messages are sealed under is taken on the same occasion.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connections

from messaging.messages import selectors
from paasoo_portal.core import bulk, clock
from paasoo_portal.core.ids import uuid7_floor
from paasoo_portal.core.tenancy import system_scope
from privacy.retention import runs

FEWEST_RECIPIENTS: Final = 10
FEWEST_ACCOUNTS: Final = 3
# Receipts come for three days, reconciliation ends within a week.
SETTLED_AFTER: Final = timedelta(days=8)
ELSEWHERE: Final = "ZZ"
KIND: Final = "statistics"

_COLUMNS: Final = (
    ("day", "date"),
    ("region", "text"),
    ("country", "text"),
    ("channel", "text"),
    ("state", "smallint"),
    ("messages", "bigint"),
)
# Within a day a token stands for a number: one person's messages make one recipient, whatever has become of its key.
_GROUPS: Final = """
SELECT country, channel, state, count(*), count(DISTINCT (account_id, coalesce(number_token, id::text::bytea))),
  array_agg(DISTINCT account_id) FROM messaging_message WHERE id >= %s AND id < %s GROUP BY 1, 2, 3
"""


@dataclass(frozen=True)
class Group:
    """Messages of one country, channel and state, and who stands behind them."""

    country: str
    channel: str
    state: int
    messages: int
    recipients: int
    accounts: frozenset[UUID]

    @property
    def large(self) -> bool:
        return self.recipients >= FEWEST_RECIPIENTS and len(self.accounts) >= FEWEST_ACCOUNTS

    def joined(self, other: Group) -> Group:
        return Group(
            ELSEWHERE,
            self.channel,
            self.state,
            self.messages + other.messages,
            self.recipients + other.recipients,
            self.accounts | other.accounts,
        )


def fold(groups: Iterable[Group]) -> list[Group]:
    """Every large group, and of each channel and state the small ones together if they are large then."""
    kept: list[Group] = []
    small: dict[tuple[str, int], Group] = {}
    for group in groups:
        if group.large:
            kept.append(group)
            continue
        place = group.channel, group.state
        nobody = Group(ELSEWHERE, *place, 0, 0, frozenset())
        small[place] = small.get(place, nobody).joined(group)
    return kept + [group for group in small.values() if group.large]


def publish_settled(alias: str, days: Iterable[date]) -> int:
    """Publish those of the days whose states have settled and that are not out yet; how many. Worker's role."""
    last = clock.today() - SETTLED_AFTER
    waiting = [day for day in days if day <= last]
    out = runs.days_done(alias, KIND, waiting)
    for day in waiting:
        if day not in out:
            publish(alias, day)
    return len(set(waiting) - out)


def publish(alias: str, day: date) -> bool:
    """Publish a day, once; False when it is out already. Worker's role."""
    with system_scope("statistics", using=("default", alias)):
        run, _ = runs.begin(alias, KIND, day)
        if runs.is_done(run):
            return False
        with connections[alias].cursor() as cursor:
            cursor.execute(_GROUPS, [uuid7_floor(day), uuid7_floor(day + timedelta(days=1))])
            found = [_group(*row) for row in cursor.fetchall()]
        noted = {}
        if day <= clock.today() - SETTLED_AFTER:
            noted["key_days"] = sorted(one.isoformat() for one in selectors.key_days(alias, day))
        rows = [(day, alias, one.country, one.channel, one.state, one.messages) for one in fold(found)]
        with connections["default"].cursor() as cursor:
            _write(cursor, rows)
        runs.finish(run, groups=len(rows), **noted)
    return True


def key_days(alias: str, day: date) -> set[date] | None:
    """The days on which the keys of the day's messages start, as they lived once its states had settled; None before.

    It holds ever after: no message comes to such a day, and one is sealed anew only under a key of the same day.
    """
    noted = runs.counts_of(alias, KIND, day).get("key_days")
    return None if noted is None else {date.fromisoformat(one) for one in noted}


def _group(
    country: str, channel: str, state: int, messages: int, recipients: int, accounts: list[UUID]
) -> Group:
    return Group(country, channel, state, messages, recipients, frozenset(accounts))


def _write(cursor: Any, rows: list[tuple[Any, ...]]) -> None:
    bulk.insert_unnest(cursor, "messaging_statistic", _COLUMNS, rows)
