"""Closing days: records and ledger before keys go, and again after late receipts."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import connections

from accounts.billing.selectors import ledger_total
from accounts.models import LedgerEntry
from messaging.allowance import services as allowance
from messaging.erasure import closing
from messaging.erasure.services import erase_messages
from messaging.messages.models import Message
from messaging.messages.states import State
from messaging.usage import settle
from messaging.usage.models import UsageRecord
from paasoo_portal.core import clock
from paasoo_portal.core.tenancy import scope, system_scope
from tests import money

ALIAS = "ie"


@pytest.fixture
def day() -> date:
    return clock.today() - timedelta(days=3)


@pytest.fixture
def account_id(worker: None) -> UUID:
    return money.account(100).pk


def used(account_id: UUID) -> list[tuple[str, int, int, int, Decimal]]:
    with scope(account_id):
        rows = UsageRecord.objects.order_by("country", "state")
        return list(rows.values_list("country", "state", "messages", "segments", "amount"))


def booked(account_id: UUID) -> list[tuple[str, Decimal]]:
    with scope(account_id):
        rows = LedgerEntry.objects.filter(kind="usage").order_by("reference")
        return list(rows.values_list("reference", "amount"))


def run() -> int:
    return settle.settle(alias=ALIAS, before=clock.today())


def test_a_day_becomes_records_and_one_movement_of_money(account_id: UUID, day: date) -> None:
    money.write(ALIAS, account_id, day, 3, country="FR", price="0.05", segments=2)
    money.write(ALIAS, account_id, day, 2, country="DE", state=State.FAILED)
    assert run() == 1
    assert used(account_id) == [
        ("DE", State.FAILED, 2, 2, Decimal("0.08")),
        ("FR", State.DELIVERED, 3, 6, Decimal("0.30")),
    ]
    assert booked(account_id) == [(f"usage:ie:{day}:", Decimal("-0.38"))]


def test_settling_again_changes_nothing(account_id: UUID, day: date) -> None:
    money.write(ALIAS, account_id, day, 12)
    assert [run(), run()] == [1, 0]
    before = used(account_id), booked(account_id)
    settle.settle_day(ALIAS, day)
    assert (used(account_id), booked(account_id)) == before


def test_a_late_receipt_moves_the_record_and_no_money(account_id: UUID, day: date) -> None:
    ids = money.write(ALIAS, account_id, day, 2, state=State.SENT)
    run()
    money.move(ALIAS, account_id, day, ids[0], State.SENT, State.DELIVERED)
    assert run() == 1
    assert [(row[1], row[2]) for row in used(account_id)] == [(State.SENT, 1), (State.DELIVERED, 1)]
    assert len(booked(account_id)) == 1


def test_a_message_that_was_late_is_one_more_movement(account_id: UUID, day: date) -> None:
    money.write(ALIAS, account_id, day, 1)
    run()
    money.write(ALIAS, account_id, day, 2)
    run()
    assert booked(account_id) == [
        (f"usage:ie:{day}:", Decimal("-0.04")),
        (f"usage:ie:{day}:1", Decimal("-0.08")),
    ]


def test_a_day_that_is_not_over_is_left(account_id: UUID) -> None:
    money.write(ALIAS, account_id, clock.today())
    assert settle.settle(alias=ALIAS, before=clock.today() + timedelta(days=5)) == 0


def test_only_days_before_the_cutoff_are_settled(account_id: UUID, day: date) -> None:
    money.write(ALIAS, account_id, day)
    money.write(ALIAS, account_id, day - timedelta(days=1))
    assert settle.settle(alias=ALIAS, before=day) == 1
    assert settle.unsettled(ALIAS, clock.today()) == [day]


def test_records_do_not_shrink_when_messages_are_erased(account_id: UUID, day: date) -> None:
    money.write(ALIAS, account_id, day, 5)
    run()
    before = used(account_id), booked(account_id)
    with system_scope("test", using=(ALIAS,)), connections[ALIAS].cursor() as cursor:
        cursor.execute("DELETE FROM messaging_message WHERE account_id = %s", [account_id])
        cursor.execute("DELETE FROM messaging_daycount WHERE account_id = %s", [account_id])
    run()
    settle.settle_day(ALIAS, day)
    assert (used(account_id), booked(account_id)) == before


def test_what_was_erased_before_its_day_was_settled_is_used_all_the_same(account_id: UUID, day: date) -> None:
    money.write(ALIAS, account_id, day, 3, country="FR", price="0.05", segments=2)
    with scope(account_id, using=[ALIAS]):
        ids = list(Message.objects.using(ALIAS).values_list("pk", flat=True))
    assert len(erase_messages(ALIAS, account_id, ids[:2], actor_id=None, actor_kind="system")) == 2
    money.write(ALIAS, account_id, day, 2, country="FR", price="0.05", segments=2)
    run()
    whole = [("FR", State.DELIVERED, 5, 10, Decimal("0.50"))]
    assert used(account_id) == whole
    closing.erase(ALIAS, account_id)
    settle.settle_day(ALIAS, day)
    run()
    assert used(account_id) == whole
    assert booked(account_id) == [(f"usage:ie:{day}:", Decimal("-0.50"))]


def test_an_account_that_closes_owes_what_it_used_on_its_last_day(account_id: UUID, day: date) -> None:
    money.write(ALIAS, account_id, day, 4, country="FR", price="0.05")
    closing.erase(ALIAS, account_id)
    run()
    assert used(account_id) == [("FR", State.DELIVERED, 4, 4, Decimal("0.20"))]
    assert booked(account_id) == [(f"usage:ie:{day}:", Decimal("-0.20"))]


def test_accounts_are_settled_apart(account_id: UUID, day: date) -> None:
    other = money.account(5).pk
    money.write(ALIAS, account_id, day, 2)
    money.write(ALIAS, other, day, 3)
    run()
    assert (used(account_id)[0][2], used(other)[0][2]) == (2, 3)


def test_money_adds_up_before_and_after(account_id: UUID, day: date) -> None:
    """Σ ledger = what can be spent + usage not yet settled."""
    cost = Decimal("0.12")
    allowance.pull(account_id, ALIAS, cost)
    assert money.debit(account_id, ALIAS, cost)
    money.write(ALIAS, account_id, day, 3)

    def ledger() -> Decimal:
        with scope(account_id):
            return ledger_total()

    assert ledger() == allowance.available(account_id) + cost
    run()
    assert ledger() == allowance.available(account_id)


def test_counters_that_disagree_with_the_messages_are_told(
    account_id: UUID, day: date, caplog: pytest.LogCaptureFixture
) -> None:
    money.write(ALIAS, account_id, day, 3)
    with system_scope("test", using=(ALIAS,)), connections[ALIAS].cursor() as cursor:
        money.count(cursor, account_id, day, State.DELIVERED, 1, 1, Decimal(1))
    run()
    assert "counters and messages disagree" in caplog.text
