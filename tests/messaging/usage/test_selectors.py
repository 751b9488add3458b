"""The counters' readers."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from messaging.messages.states import State
from messaging.usage import selectors
from paasoo_portal.core import clock
from paasoo_portal.core.tenancy import scope
from tests import money


def test_last_days_are_all_there_oldest_first(worker: None) -> None:
    account, stranger, today = money.account().pk, money.account().pk, clock.today()
    money.write("ie", account, today, 4)
    money.write("ie", account, today, 1, state=State.UNDELIVERED)
    money.write("ie", account, today - timedelta(days=2), 2, state=State.SENT, segments=3)
    money.write("ie", stranger, today, 50)
    with scope(account, using=["ie"]):
        days = selectors.last_days("ie", 3)
    assert [day.day for day in days] == [today - timedelta(days=back) for back in (2, 1, 0)]
    assert [(day.sent, day.delivered, day.failed) for day in days] == [(2, 0, 0), (0, 0, 0), (5, 4, 1)]
    assert (days[0].segments, days[0].spend, days[2].spend) == (6, Decimal("0.24"), Decimal("0.20"))


def test_messages_are_counted_by_account_and_days(worker: None) -> None:
    account, stranger, today = money.account().pk, money.account().pk, clock.today()
    for back in range(4):
        money.write("ie", account, today - timedelta(days=back), back + 1)
    money.write("ie", stranger, today, 50)
    with scope(account, using=["ie"]):
        counted = selectors.messages_between(
            alias="ie",
            account_id=account,
            data_class=1,
            first_day=today - timedelta(days=2),
            last_day=today - timedelta(days=1),
        )
    assert counted == 5
