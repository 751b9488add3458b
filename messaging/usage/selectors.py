"""Reading the counters: dashboards, previews and certificates ask here, never the messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum

from messaging.messages.states import FINAL, Direction, State
from messaging.preservation.ending import copies_of_keys
from messaging.usage.models import DayCount
from paasoo_portal.core import clock
from privacy.keys.models import DataClass

_FAILURES = FINAL - {State.DELIVERED, State.RECEIVED, State.CANCELED}


@dataclass
class DayTotal:
    """A UTC day of an account in one region."""

    day: date
    sent: int = 0
    received: int = 0
    delivered: int = 0
    failed: int = 0
    segments: int = 0
    spend: Decimal = Decimal(0)


def last_days(alias: str, days: int) -> list[DayTotal]:
    """Today and the days before it, oldest first, empty ones too. Needs the account's scope."""
    today = clock.today()
    totals = {day: DayTotal(day) for day in (today - timedelta(days=back) for back in reversed(range(days)))}
    for row in DayCount.objects.using(alias).filter(day__gte=min(totals), day__lte=today):
        _add(totals[row.day], row)
    return list(totals.values())


def messages_between(
    *, alias: str, account_id: UUID, data_class: int, first_day: date, last_day: date
) -> int:
    """Hook `retention.count`: how many messages an account has of those days, both included. Needs a scope.

    Content and number lie in the same message, so the class makes no difference; copies are counted as such.
    """
    if data_class == DataClass.PRESERVED:
        return copies_of_keys(alias, account_id, first_day, last_day)
    counts = DayCount.objects.using(alias).filter(
        account_id=account_id, day__gte=first_day, day__lte=last_day
    )
    return int(counts.aggregate(total=Sum("messages"))["total"] or 0)


def messages_by_day(
    *, alias: str, account_id: UUID, first_day: date, last_day: date
) -> dict[int, dict[date, int]]:
    """Hook `retention.volume`: by data class, how many messages an account has of each day. Needs the scope.

    Each message has a text and a number, so both classes have the same figures; of recordings there are none here.
    """
    counts = DayCount.objects.using(alias).filter(
        account_id=account_id, day__gte=first_day, day__lte=last_day
    )
    days = dict(counts.values_list("day").annotate(total=Sum("messages")).filter(total__gt=0))
    return {DataClass.CONTENT: days, DataClass.NUMBER: days}


def _add(total: DayTotal, row: DayCount) -> None:
    if row.direction == Direction.INBOUND:
        total.received += row.messages
        return
    total.sent += row.messages
    total.segments += row.segments
    total.spend += row.amount
    if row.state == State.DELIVERED:
        total.delivered += row.messages
    elif row.state in _FAILURES:
        total.failed += row.messages
