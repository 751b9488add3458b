"""The job that keeps allowances between their marks."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import OperationalError

from accounts.teams.services import change_account
from messaging.allowance import selectors, services, transfers
from messaging.projections.services import push_account
from paasoo_portal.core import clock
from tests import money


def test_the_home_region_is_filled_and_then_left_alone(worker: None) -> None:
    account = money.account(100)
    assert [services.top_up("ie"), services.top_up("ie"), services.top_up("sg")] == [1, 0, 0]
    assert selectors.allowances(account.pk) == {"ie": 5, "sg": 0}


def test_a_region_with_traffic_gets_ten_of_its_best_days(worker: None) -> None:
    account = money.account(1000)
    money.write("sg", account.pk, clock.today() - timedelta(days=2), 50, price="0.10")
    assert services.top_up("sg") == 1
    assert selectors.allowances(account.pk)["sg"] == 50


def test_the_first_and_the_last_of_the_money_come_to_rest(worker: None) -> None:
    account = money.account(3)
    moves = [services.top_up("ie") for _ in range(12)]
    assert sum(moves) < 4 and moves[-1] == 0
    assert services.available(account.pk) == 3


def test_an_empty_balance_does_not_make_the_home_region_give_back(worker: None) -> None:
    account = money.account(4)
    services.pull(account.pk, "ie", Decimal(4))
    assert [services.top_up("ie") for _ in range(3)] == [0, 0, 0]
    assert selectors.allowances(account.pk)["ie"] == 4


def test_a_region_left_behind_gives_back(worker: None) -> None:
    account = money.account(100)
    services.pull(account.pk, "sg", Decimal(20))
    assert services.top_up("sg") == 1
    assert (selectors.balance(account.pk), selectors.allowances(account.pk)["sg"]) == (100, 0)


def test_a_closed_account_gives_everything_back(worker: None) -> None:
    account = money.account(100)
    services.top_up("ie")
    change_account(account_id=account.pk, actor_id=None, state="closed")
    push_account(account.pk)
    assert services.top_up("ie") == 1
    assert selectors.balance(account.pk) == 100


def test_one_account_that_fails_does_not_stop_the_others(
    worker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = money.account(100), money.account(100)
    real = transfers.fill

    def fill(account_id: object, *args: object, **given: object) -> bool:
        if account_id == first.pk:
            raise OperationalError("no")
        return real(account_id, *args, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(transfers, "fill", fill)
    assert services.top_up("ie") == 1
    assert selectors.allowances(second.pk)["ie"] == 5
