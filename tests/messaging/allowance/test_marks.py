"""Between the marks: pure arithmetic."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.allowance.marks import Standing, move

HOME = Standing(Decimal(0), Decimal(0), Decimal(100), home=True, open=True)
money = st.decimals(0, 10_000, places=5, allow_nan=False)
standings = st.builds(Standing, money, money, money, st.booleans(), st.booleans())


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (HOME, "5"),
        (replace(HOME, daily=Decimal(3)), "30"),
        (replace(HOME, daily=Decimal(50)), "50"),
        (replace(HOME, daily=Decimal(300)), "0"),
        (replace(HOME, daily=Decimal(300), balance=Decimal(1000), home=False), "0"),  # 250 is too little
        (replace(HOME, balance=Decimal(2000), daily=Decimal(30), home=False), "300"),
        (replace(HOME, allowance=Decimal("2.5")), "0"),
        (replace(HOME, allowance=Decimal("2.4")), "2.6"),
        (replace(HOME, allowance=Decimal(11)), "-6"),
        (replace(HOME, balance=Decimal("0.90")), "0"),
        (replace(HOME, home=False), "0"),
        (replace(HOME, home=False, allowance=Decimal(3)), "-3"),
        (replace(HOME, open=False, allowance=Decimal(3)), "-3"),
    ],
)
def test_what_is_moved(standing: Standing, expected: str) -> None:
    assert move(standing) == Decimal(expected)


@given(standings)
def test_no_move_asks_for_more_than_there_is(standing: Standing) -> None:
    amount = move(standing)
    assert -standing.allowance <= amount <= standing.balance


@given(standings)
def test_a_move_made_once_is_not_undone_by_the_next(standing: Standing) -> None:
    amount = move(standing)
    after = replace(standing, allowance=standing.allowance + amount, balance=standing.balance - amount)
    assert move(after) * amount >= 0
