"""Reading the home page: the day's counters, the last failures, and what is erased next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Min, Sum

from messaging.messages.states import Direction, State
from messaging.pages import words
from messaging.pages.log import Row, listed, rows_of
from messaging.usage.models import DayCount
from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7_floor
from privacy.keys.models import DataClass, DataKey
from privacy.retention.instructions import in_force

FAILURES_SHOWN = 5
FAILURE_DAYS = 7


@dataclass(frozen=True)
class Figures:
    """A UTC day in one region, from the counters."""

    sent: int = 0
    received: int = 0
    delivered: int = 0
    failed: int = 0
    spend: Decimal = Decimal(0)

    @property
    def delivered_percent(self) -> int | None:
        """Of those that are decided; None while none is."""
        decided = self.delivered + self.failed
        return round(100 * self.delivered / decided) if decided else None


@dataclass(frozen=True)
class NextErasure:
    """What goes next: the class, the day written, the night after which it is gone, how many messages."""

    data_class: DataClass
    written_on: date
    last_on: date
    messages: int


def figures(alias: str, day: date) -> Figures:
    """Needs the account's scope on the region."""
    sums: dict[tuple[int, int], int] = {}
    spend = Decimal(0)
    for row in DayCount.objects.using(alias).filter(day=day):
        sums[row.direction, row.state] = row.messages
        spend += row.amount
    out = {state: count for (direction, state), count in sums.items() if direction == Direction.OUTBOUND}
    return Figures(
        sent=sum(out.values()),
        received=sum(count for (direction, _state), count in sums.items() if direction == Direction.INBOUND),
        delivered=out.get(State.DELIVERED, 0),
        failed=sum(out.get(state, 0) for state in words.FAILURES),
        spend=spend,
    )


def last_failures(alias: str, account_id: UUID, *, masked: bool) -> list[Row]:
    """The newest failures of the last days. Needs the account's scope on the region."""
    since = uuid7_floor(clock.today() - timedelta(days=FAILURE_DAYS))
    failures = listed(alias).filter(id__gte=since, state__in=words.FAILURES).order_by("-id")
    days = in_force(account_id, DataClass.CONTENT, clock.now())
    return rows_of(alias, account_id, failures[:FAILURES_SHOWN], masked=masked, content_days=days)


def next_erasures(alias: str, account_id: UUID) -> list[NextErasure]:
    """For contents and numbers, the oldest day still kept and when it goes. Needs scopes on both planes."""
    keys = DataKey.objects.using(alias).filter(due_on__gt=clock.today())
    oldest = keys.values("data_class").annotate(starts_on=Min("starts_on"), due_on=Min("due_on"))
    found = []
    for row in oldest.order_by("data_class"):
        data_class = DataClass(row["data_class"])
        days = max(in_force(account_id, data_class, clock.now()), 1)
        due_on = min(row["due_on"], row["starts_on"] + timedelta(days=days))
        counts = DayCount.objects.using(alias).filter(day=row["starts_on"])
        messages = counts.aggregate(total=Sum("messages"))["total"] or 0
        last_on = max(due_on - timedelta(days=1), clock.today())
        found.append(NextErasure(data_class, row["starts_on"], last_on, int(messages)))
    return found


def has_sent(alias: str) -> bool:
    """Whether the account ever sent a message in the region, by the counters."""
    return DayCount.objects.using(alias).filter(direction=Direction.OUTBOUND).exists()
