"""What a shorter period would let go: read before it is instructed, from counters, never from messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from privacy.pages.selectors import ClassShown
from privacy.retention import outlook
from privacy.retention.outlook import Outlook


@dataclass(frozen=True)
class Preview:
    """How many messages would lose this part of them, and the newest day among them."""

    records: int
    latest_on: date | None


def of(found: Outlook, shown: ClassShown, days: int) -> Preview:
    """Over all regions, of what can be read now."""
    going = found.would_go(shown.data_class, shown.rule, days)
    return Preview(outlook.messages_of(going), max((one.day for one in going), default=None))
