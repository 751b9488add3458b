"""Figures that identify nobody: messages per day, region, country, channel and state over all accounts.

They are derived from the usage records alone. A country with fewer than ten messages is folded into "ZZ"
(elsewhere); if all that was folded is still fewer than ten, it is withheld. Nothing in them leads
back to an account, a sender or a person. Keeps P-RET-10.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from paasoo_portal.core import bulk

SMALLEST_GROUP: Final = 10
ELSEWHERE: Final = "ZZ"
Group = tuple[str, str, int]

_COLUMNS: Final = (
    ("day", "date"),
    ("region", "text"),
    ("country", "text"),
    ("channel", "text"),
    ("state", "smallint"),
    ("messages", "bigint"),
)


def fold(groups: Mapping[Group, int]) -> dict[Group, int]:
    """Counts by (country, channel, state) with every group under ten folded into elsewhere, or withheld."""
    kept: Counter[Group] = Counter()
    for (country, channel, state), messages in groups.items():
        small = messages < SMALLEST_GROUP
        kept[ELSEWHERE if small else country, channel, state] += messages
    return {group: messages for group, messages in kept.items() if messages >= SMALLEST_GROUP}


def rewrite(cursor: Any, alias: str, day: date) -> None:
    """Replace a day's figures of a region by what its usage records say, in the caller's transaction."""
    cursor.execute(
        "SELECT country, channel, state, sum(messages)::bigint FROM messaging_usagerecord "
        "WHERE day = %s AND region = %s GROUP BY 1, 2, 3",
        [day, alias],
    )
    groups = {(country, channel, state): messages for country, channel, state, messages in cursor.fetchall()}
    cursor.execute("DELETE FROM messaging_statistic WHERE day = %s AND region = %s", [day, alias])
    rows = [(day, alias, *group, messages) for group, messages in sorted(fold(groups).items())]
    bulk.insert_unnest(cursor, "messaging_statistic", _COLUMNS, rows)
