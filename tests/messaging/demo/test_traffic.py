"""The demo's days: repeatable, in many languages, to nobody."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta
from functools import cache

import pytest

from messaging import numbers
from messaging.demo import cast, phones, texts, traffic
from messaging.demo.prices import price_list
from messaging.encoding.segments import analyse
from messaging.messages.states import State
from paasoo_portal.core.clock import midnight

FIRST = date(2026, 3, 2)
LATER = midnight(FIRST + timedelta(days=90))
STREAMS = [stream for company in cast.COMPANIES for stream in company.streams]
# Reserved for fiction, or with leading digits that the national plan gives to nobody.
NOBODYS = re.compile(
    r"447700900[2-9]\d\d|1\d{3}55501\d\d|3532091\d{5}|336399[89]\d{4}|49176040690\d\d|61491\d{6}|46701740[67]\d\d"
    r"|81900\d{7}|861200000\d{4}|34400\d{6}|911000\d{6}|55209\d{8}|97110\d{7}|654\d{7}"
)


@cache
def sixty_days() -> list[traffic.Planned]:
    days = [FIRST + timedelta(days=offset) for offset in range(60)]
    return [message for day in days for stream in STREAMS for message in traffic.day_of(stream, day, LATER)]


def test_sixty_days_are_about_twenty_thousand_messages() -> None:
    assert 18_500 < len(sixty_days()) < 21_500


def test_a_day_is_the_same_whenever_it_is_asked_for() -> None:
    assert traffic.day_of(STREAMS[0], FIRST, LATER) == traffic.day_of(STREAMS[0], FIRST, LATER)


def test_no_number_can_reach_anybody() -> None:
    assert [m.number for m in sixty_days() if not NOBODYS.fullmatch(m.number)] == []


def test_every_number_is_well_formed_and_in_its_country_and_has_a_price() -> None:
    prices = price_list()
    for country, make in phones.NUMBERS.items():
        parsed = [numbers.parse(make(index)) for index in range(0, 700, 13)]
        assert {number.country if number else None for number in parsed} == {country}
        assert (country, "") in prices


def test_a_dozen_countries_and_all_outcomes() -> None:
    countries = Counter(number.country for m in sixty_days() if (number := numbers.parse(m.number)))
    assert len(countries) >= 12
    states = {message.state for message in sixty_days()}
    assert states == {
        State.DELIVERED, State.UNDELIVERED, State.FAILED, State.REJECTED, State.EXPIRED, State.UNKNOWN,
        State.CANCELED, State.RECEIVED,
    }  # fmt: skip


def test_the_test_numbers_of_the_sandbox_are_spared() -> None:
    assert not any(message.number.startswith("4477009001") for message in sixty_days())


def test_the_week_has_its_rhythm() -> None:
    days = Counter(
        message.at.weekday() for message in sixty_days() if message.at.date() < FIRST + timedelta(56)
    )
    assert days[6] < days[5] < min(days[weekday] for weekday in range(5))


def test_time_runs_forward_in_every_message() -> None:
    for message in sixty_days():
        assert message.at <= (message.sent_at or message.at) <= (message.final_at or LATER)


def test_what_has_not_come_yet_is_not_known() -> None:
    until = midnight(FIRST) + timedelta(hours=10)
    day = traffic.day_of(STREAMS[1], FIRST, until)
    assert day
    assert all(message.at <= until for message in day)
    assert all(message.final_at is None or message.final_at <= until for message in day)
    assert any(message.state == State.SENT for message in traffic.day_of(STREAMS[1], FIRST, day[-1].at))


@pytest.mark.parametrize("texts_", [texts.LOGISTICS, texts.CLINIC, texts.REPLIES])
def test_no_text_is_longer_than_three_segments(texts_: dict[str, tuple[str, ...]]) -> None:
    for templates in texts_.values():
        for template in templates:
            assert analyse(template).segments <= 3
