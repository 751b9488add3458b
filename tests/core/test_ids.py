"""Ids carry their time: order, floors and bits, at every edge."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from paasoo_portal.core import clock, ids

INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31)).map(
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000, tzinfo=UTC)
)


@given(INSTANTS)
def test_carries_its_instant_to_the_millisecond(at: datetime) -> None:
    made = ids.uuid7(at)
    assert ids.time_of(made) == at
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**74 - 1))
def test_takes_apart_what_it_built(milliseconds: int, random: int) -> None:
    made = ids.build(milliseconds, random)
    assert (ids.milliseconds_of(made), ids.random_bits(made)) == (milliseconds, random)


@given(INSTANTS, st.integers(0, 2**74 - 1))
def test_the_floor_lies_below_every_id_of_its_instant_and_above_the_one_before(
    at: datetime, random: int
) -> None:
    milliseconds = ids.milliseconds_of(ids.uuid7(at))
    assert ids.uuid7_floor(at) < ids.build(milliseconds, random)
    if milliseconds:
        assert ids.build(milliseconds - 1, 2**74 - 1) < ids.uuid7_floor(at)


def test_the_floor_of_a_day_is_that_of_its_utc_midnight() -> None:
    day = date(2026, 3, 1)
    assert ids.uuid7_floor(day) == ids.uuid7_floor(datetime(2026, 3, 1, tzinfo=UTC))


def test_ten_thousand_of_one_millisecond_differ() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert len({ids.uuid7(at) for _ in range(10_000)}) == 10_000


def test_reads_the_products_clock() -> None:
    with clock.travel(datetime(2031, 5, 6, tzinfo=UTC)):
        assert abs(ids.time_of(ids.uuid7()) - datetime(2031, 5, 6, tzinfo=UTC)) < timedelta(seconds=5)
