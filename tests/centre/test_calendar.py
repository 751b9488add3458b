"""A month by Regulation 1182/71 in Irish working days: fixed cases from calendars, and what holds for every day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.requests import calendar

DAYS = st.dates(date(2023, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (date(2026, 11, 24), date(2026, 12, 24)),
        (date(2026, 1, 31), date(2026, 3, 2)),  # 28 February is a Saturday
        (date(2026, 11, 25), date(2026, 12, 28)),  # Christmas, St Stephen's Day on a Saturday, a Sunday
        (date(2026, 2, 17), date(2026, 3, 18)),  # St Patrick's Day
        (date(2027, 2, 28), date(2027, 3, 30)),  # Easter Sunday and Monday
        (date(2026, 10, 31), date(2026, 11, 30)),
        (date(2028, 1, 31), date(2028, 2, 29)),
    ],
)
def test_known_cases(received: date, due: date) -> None:
    assert calendar.due_on(received, 1) == due


@pytest.mark.parametrize(
    ("year", "sunday"),
    [
        (2024, date(2024, 3, 31)),
        (2025, date(2025, 4, 20)),
        (2026, date(2026, 4, 5)),
        (2038, date(2038, 4, 25)),
    ],
)
def test_easter(year: int, sunday: date) -> None:
    assert calendar.easter(year) == sunday


@pytest.mark.parametrize(
    ("year", "day"), [(2023, date(2023, 2, 6)), (2024, date(2024, 2, 5)), (2030, date(2030, 2, 1))]
)
def test_st_brigid_s_day(year: int, day: date) -> None:
    """The first Monday of February, but for years in which the first is a Friday."""
    assert day in calendar.holidays(year)


@given(DAYS)
def test_an_answer_is_due_on_a_working_day_about_a_month_on(received: date) -> None:
    due = calendar.due_on(received, 1)
    assert calendar.is_working_day(due)
    assert timedelta(days=28) <= due - received <= timedelta(days=36)


@given(DAYS, DAYS)
def test_who_asks_later_is_never_answered_earlier(one: date, other: date) -> None:
    first, second = sorted((one, other))
    assert calendar.due_on(first, 1) <= calendar.due_on(second, 1)


@given(DAYS)
def test_an_extension_is_two_more_months(received: date) -> None:
    assert timedelta(days=87) <= calendar.due_on(received, 3) - received <= timedelta(days=98)


@given(st.integers(2023, 2199))
def test_ireland_has_ten_public_holidays(year: int) -> None:
    assert 9 <= len(calendar.holidays(year)) <= 10


@given(DAYS, st.integers(1, 92))
def test_a_period_of_days_ends_on_its_last_day_or_the_next_working_one(received: date, days: int) -> None:
    """Regulation 1182/71, Art. 3: the day of receipt is not counted."""
    due = calendar.due_on(received, 0, days)
    assert calendar.is_working_day(due)
    assert timedelta(0) <= due - received - timedelta(days=days) <= timedelta(days=5)
