"""What a shorter period would let go: read before it is instructed, from counters, never from messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from paasoo_portal.core import clock
from privacy.keys.models import DataClass
from privacy.retention import instructions, plan


@dataclass(frozen=True)
class Preview:
    """How many messages would lose this part of them, and the newest day among them."""

    records: int
    latest_on: date | None


def of(account_id: UUID, data_class: DataClass, days: int) -> Preview:
    """Over all regions. Needs the account's scope."""
    lines = plan.preview(account_id, data_class, days)
    return Preview(
        records=sum(line.messages or 0 for line in lines),
        latest_on=max((line.last_day for line in lines), default=None),
    )


def content_outlives_number(account_id: UUID, data_class: DataClass, days: int) -> bool:
    """Whether texts would outlive the numbers they are found by."""
    now = clock.now()
    if data_class == DataClass.CONTENT:
        return days > instructions.in_force(account_id, DataClass.NUMBER, now)
    if data_class == DataClass.NUMBER:
        return days < instructions.in_force(account_id, DataClass.CONTENT, now)
    return False
