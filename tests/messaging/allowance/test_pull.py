"""Fetching money when a message asks: from the balance, from other regions, never more than there is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connections

from accounts.billing import selectors as billing
from accounts.models import AllowanceTransfer
from messaging.allowance import selectors, services
from messaging.allowance.models import SLOTS, Allowance
from paasoo_portal.core.tenancy import scope
from tests import money


def held(account_id: UUID) -> dict[str, Decimal]:
    return {"balance": selectors.balance(account_id)} | selectors.allowances(account_id)


def test_a_first_message_fetches_more_than_its_price(app: None) -> None:
    account = money.account(100)
    assert services.pull(account.pk, "ie", Decimal("0.05"))
    assert held(account.pk) == {"balance": 95, "ie": 5, "sg": 0}


def test_what_is_there_is_not_fetched_again(app: None) -> None:
    account = money.account(100)
    assert services.pull(account.pk, "ie", Decimal(4)) and services.pull(account.pk, "ie", Decimal(5))
    with scope(account.pk):
        assert AllowanceTransfer.objects.count() == 1


def test_an_allowance_lies_in_sixteen_rows_that_add_up(app: None) -> None:
    account = money.account("10.00001")
    assert services.pull(account.pk, "ie", Decimal("10.00001"))
    with scope(account.pk, using=["ie"]):
        amounts = list(Allowance.objects.using("ie").values_list("amount", flat=True))
    assert len(amounts) == SLOTS
    assert sum(amounts) == Decimal("10.00001")
    assert max(amounts) - min(amounts) < Decimal("0.001")


def test_money_that_lies_in_another_region_is_brought_here(app: None) -> None:
    account = money.account(3)
    assert services.pull(account.pk, "sg", Decimal(3))
    assert services.pull(account.pk, "ie", Decimal(1))
    assert selectors.allowances(account.pk)["ie"] >= 1
    assert services.available(account.pk) == 3


def test_too_much_is_refused_and_what_there_is_can_still_be_spent(app: None) -> None:
    account = money.account("0.10")
    assert not services.pull(account.pk, "ie", Decimal("0.11"))
    assert services.available(account.pk) == Decimal("0.10")
    assert money.debit(account.pk, "ie", Decimal("0.10"))
    assert not money.debit(account.pk, "ie", Decimal("0.00001"))


def test_no_account_reaches_for_anothers_money(app: None) -> None:
    rich, poor = money.account(100), money.account()
    assert not services.pull(poor.pk, "ie", Decimal(1))
    assert services.available(rich.pk) == 100


def test_inside_a_callers_transaction_money_is_neither_made_nor_lost(app: None) -> None:
    """The region is credited for good, so the balance must be debited for good as well."""
    account = money.account(10)
    with pytest.raises(RuntimeError), scope(account.pk):
        assert services.pull(account.pk, "ie", Decimal(4))
        raise RuntimeError
    assert held(account.pk) == {"balance": 5, "ie": 5, "sg": 0}


def test_giving_back(app: None) -> None:
    account = money.account(10)
    services.pull(account.pk, "ie", Decimal(8))
    assert services.drain(account.pk, "ie", Decimal(3)) == 3
    assert services.drain(account.pk, "ie") == 5
    assert services.drain(account.pk, "ie") == 0
    assert held(account.pk) == {"balance": 10, "ie": 0, "sg": 0}


def test_giving_back_after_uneven_spending(app: None) -> None:
    account = money.account(8)
    services.pull(account.pk, "ie", Decimal(8))
    for _ in range(7):
        assert money.debit(account.pk, "ie", Decimal("0.7"))
    assert services.drain(account.pk, "ie", Decimal("2.9")) == Decimal("2.9")
    assert held(account.pk) == {"balance": Decimal("2.9"), "ie": Decimal("0.2"), "sg": 0}


def test_two_hundred_at_once_with_credit_for_ten(app: None) -> None:
    """Exactly ten are paid, in one region and in two that compete; nobody is refused while there is money."""
    price = Decimal("0.04")
    for names in (["ie"], ["ie", "sg"]):
        account = money.account(price * 10)
        places = [names[index % len(names)] for index in range(200)]
        with ThreadPoolExecutor(12) as pool:
            paid = list(pool.map(_spend, [account.pk] * 200, places, [price] * 200))
        assert paid.count(True) == 10
        assert services.available(account.pk) == 0


def _spend(account_id: UUID, region: str, price: Decimal) -> bool:
    """A sender as the door is one."""
    try:
        while not money.debit(account_id, region, price):
            if not services.pull(account_id, region, price):
                return False
        return True
    finally:
        connections.close_all()


def test_a_region_that_is_down_counts_with_what_was_last_known(
    app: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = money.account(20)
    services.pull(account.pk, "sg", Decimal(8))
    services.pull(account.pk, "ie", Decimal(6))
    real = selectors.spendable

    def without_sg(account_id: UUID, alias: str) -> Decimal:
        if alias == "sg":
            raise OperationalError("down")
        return real(account_id, alias)

    monkeypatch.setattr(selectors, "spendable", without_sg)
    assert services.available(account.pk) == 20
    assert held(account.pk) == {"balance": 6, "ie": 6, "sg": 8}


def test_a_region_that_is_down_is_not_asked_again_at_once(app: None, monkeypatch: pytest.MonkeyPatch) -> None:
    account, asked = money.account(20), []

    def down(account_id: UUID, alias: str) -> Any:
        asked.append(alias)
        raise OperationalError("down")

    monkeypatch.setattr(selectors, "spendable", down)
    assert [services.available(account.pk) for _ in range(3)] == [20, 20, 20]
    assert sorted(asked) == ["ie", "sg"]


def test_the_ledger_is_what_can_be_spent(app: None) -> None:
    account = money.account(20)
    services.pull(account.pk, "ie", Decimal(3))
    services.pull(account.pk, "sg", Decimal(9))
    services.drain(account.pk, "ie", Decimal(1))
    with scope(account.pk):
        assert billing.ledger_total() == services.available(account.pk)
