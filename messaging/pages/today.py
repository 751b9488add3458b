"""Reading the home page: the day's counters, the last failures, and what is erased next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Min, Sum
from django.utils.translation import gettext as _

from messaging.allowance.models import Allowance
from messaging.messages.states import Direction
from messaging.pages import words
from messaging.pages.log import Row, listed, rows_of
from messaging.usage.models import DayCount
from messaging.usage.selectors import DayTotal
from paasoo_portal.core import clock
from paasoo_portal.core.charts import Bars, Series
from paasoo_portal.core.ids import uuid7_floor
from privacy.keys.models import DataClass, DataKey
from privacy.retention.instructions import days_of

CHART_DAYS = 30
FAILURES_SHOWN = 5
FAILURE_DAYS = 7
Days = dict[DataClass, int]


@dataclass(frozen=True)
class NextErasure:
    """What goes next: the class, the day written, the night after which it is gone, how many messages."""

    data_class: DataClass
    written_on: date
    last_on: date
    messages: int


def kept_days(account_id: UUID) -> Days:
    """The days in force of what a message holds."""
    found = days_of(account_id, (DataClass.CONTENT, DataClass.NUMBER))
    return {item: found[item] for item in (DataClass.CONTENT, DataClass.NUMBER)}


def delivered_percent(total: DayTotal) -> int | None:
    """Of the messages that are decided; None while none is."""
    decided = total.delivered + total.failed
    return round(100 * total.delivered / decided) if decided else None


def traffic(days: Sequence[DayTotal]) -> Bars:
    """What was sent on each day and what became of it."""
    return Bars(
        _("Messages sent, last %(days)s days") % {"days": len(days)},
        [total.day for total in days],
        [
            Series(_("Delivered"), "good", [total.delivered for total in days]),
            Series(
                _("Not decided"),
                "info",
                [max(total.sent - total.delivered - total.failed, 0) for total in days],
            ),
            Series(_("Failed"), "bad", [total.failed for total in days]),
        ],
    )


def last_failures(alias: str, account_id: UUID, days: Days, *, masked: bool) -> list[Row]:
    """The newest failures of the last days. Needs the account's scope on the region."""
    since = uuid7_floor(clock.today() - timedelta(days=FAILURE_DAYS))
    failures = listed(alias).filter(id__gte=since, state__in=words.FAILURES).order_by("-id")
    shown = list(failures[:FAILURES_SHOWN])
    return rows_of(alias, account_id, shown, masked=masked, content_days=days[DataClass.CONTENT])


def next_erasures(alias: str, days: Days) -> list[NextErasure]:
    """For contents and numbers, the oldest day still kept and when it goes. Needs the scope on the region."""
    keys = DataKey.objects.using(alias).filter(due_on__gt=clock.today())
    oldest = keys.values("data_class").annotate(starts_on=Min("starts_on"), due_on=Min("due_on"))
    found = []
    for row in oldest.order_by("data_class"):
        data_class = DataClass(row["data_class"])
        if data_class not in days:
            continue
        due_on = min(row["due_on"], row["starts_on"] + timedelta(days=max(days[data_class], 1)))
        counts = DayCount.objects.using(alias).filter(day=row["starts_on"])
        messages = counts.aggregate(total=Sum("messages"))["total"] or 0
        last_on = max(due_on - timedelta(days=1), clock.today())
        found.append(NextErasure(data_class, row["starts_on"], last_on, int(messages)))
    return found


def has_allowance(alias: str) -> bool:
    """Whether the region already holds something to pay a first message with."""
    return Allowance.objects.using(alias).filter(amount__gt=0).exists()


def has_sent(alias: str) -> bool:
    """Whether the account ever sent a message in the region, by the counters."""
    return DayCount.objects.using(alias).filter(direction=Direction.OUTBOUND).exists()
