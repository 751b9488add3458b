"""Figures that identify nobody: few recipients or accounts are folded or withheld, and no comparison tells more (P-RET-10)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import combinations
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.messages.states import State
from messaging.usage import settle, statistics
from messaging.usage.models import Statistic
from messaging.usage.statistics import ELSEWHERE, FEWEST_ACCOUNTS, FEWEST_RECIPIENTS, Group, fold
from paasoo_portal.core import clock
from tests import money

ALIAS = "ie"
SENT = (State.DELIVERED, State.FAILED)

# (country, state, account, recipient): what really happened, of which an attacker sees the published sums alone.
messages = st.lists(
    st.tuples(
        st.sampled_from(["DE", "FR", "GB"]), st.sampled_from(SENT), st.integers(1, 5), st.integers(1, 14)
    ),
    max_size=220,
)
Message = tuple[str, int, int, int]


def groups_of(found: list[Message]) -> dict[tuple[str, int], Group]:
    gathered: dict[tuple[str, int], list[Message]] = defaultdict(list)
    for one in found:
        gathered[one[0], one[1]].append(one)
    return {
        key: Group(
            key[0],
            "sms",
            key[1],
            len(mine),
            len({one[2:] for one in mine}),
            frozenset(UUID(int=one[2]) for one in mine),
        )
        for key, mine in gathered.items()
    }


def behind(found: list[Message], published: list[Group]) -> dict[tuple[str, int], set[Message]]:
    """The messages that each published group counts."""
    named = {(one.country, one.state) for one in published}
    return {
        (country, state): {
            one
            for one in found
            if one[1] == state
            and (one[0] == country or (country == ELSEWHERE and (one[0], state) not in named))
        }
        for country, state in named
    }


def filters(published: list[Group]) -> Iterator[set[tuple[str, int]]]:
    """What every filter on offer selects: any countries, any states."""
    countries = sorted({one.country for one in published})
    states = sorted({one.state for one in published})
    named = {(one.country, one.state) for one in published}
    for size in range(1, len(countries) + 1):
        for chosen in combinations(countries, size):
            for few in [states, *[[one] for one in states]]:
                yield {key for key in named if key[0] in chosen and key[1] in few}


@given(messages)
def test_no_difference_between_two_filters_singles_anybody_out(found: list[Message]) -> None:
    published = fold(groups_of(found).values())
    counted = behind(found, published)
    asked = [frozenset(one) for one in filters(published)]
    for first in set(asked):
        for second in set(asked):
            left = {one for key in first - second for one in counted[key]}
            if left:
                # A number has one country: the same recipient in two of them is two people.
                assert len({(country, *who) for country, _, *who in left}) >= FEWEST_RECIPIENTS
                assert len({one[2] for one in left}) >= FEWEST_ACCOUNTS


@given(messages)
def test_nothing_is_counted_twice_or_made_up(found: list[Message]) -> None:
    published = fold(groups_of(found).values())
    assert sum(one.messages for one in published) <= len(found)
    assert len({(one.country, one.state) for one in published}) == len(published)


def test_many_messages_to_one_person_are_no_group() -> None:
    alone = Group("IS", "sms", 4, 500, 1, frozenset(UUID(int=one) for one in range(3)))
    one_customer = Group("MT", "sms", 4, 500, 400, frozenset({UUID(int=1)}))
    assert fold([alone]) == []
    assert fold([one_customer]) == []


def test_small_ones_are_folded_within_their_channel_and_state() -> None:
    def small(country: str, state: int, account: int) -> Group:
        return Group(country, "sms", state, 6, 6, frozenset({UUID(int=account), UUID(int=account + 1)}))

    [folded] = fold([small("FR", 4, 1), small("GB", 4, 2), small("GB", 5, 3)])
    assert (folded.country, folded.state, folded.messages) == (ELSEWHERE, 4, 12)


class TestPublished:
    @pytest.fixture
    def day(self) -> date:
        return clock.today() - statistics.SETTLED_AFTER

    @pytest.fixture
    def accounts(self, worker: None) -> list[UUID]:
        return [money.account(100).pk for _ in range(FEWEST_ACCOUNTS)]

    def write(self, accounts: list[UUID], day: date, each: int = 4, **given: Any) -> list[Any]:
        return [one for account in accounts for one in money.write(ALIAS, account, day, each, **given)]

    def published(self, day: date) -> list[tuple[str, int]]:
        found = Statistic.objects.filter(day=day, region=ALIAS).order_by("country")
        return list(found.values_list("country", "messages"))

    def run(self) -> None:
        settle.settle(alias=ALIAS, before=clock.today())

    def test_once_states_have_settled(self, accounts: list[UUID], day: date) -> None:
        self.write(accounts, day, country="DE")
        self.write(accounts[:1], day, each=30, country="FR")
        young = day + timedelta(days=1)
        self.write(accounts, young, country="DE")
        self.run()
        assert self.published(day) == [("DE", 12)]
        assert self.published(young) == []

    def test_and_never_again_whatever_moves_later(self, accounts: list[UUID], day: date) -> None:
        [first, *_] = self.write(accounts, day, country="DE")
        self.run()
        money.move(ALIAS, accounts[0], day, first, State.DELIVERED, State.FAILED)
        self.write(accounts, day, country="DE")
        self.run()
        assert self.published(day) == [("DE", 12)]

    def test_before_its_messages_are_swept(self, accounts: list[UUID]) -> None:
        young = clock.today() - timedelta(days=2)
        self.write(accounts, young, country="DE")
        assert statistics.publish(ALIAS, young)
        assert not statistics.publish(ALIAS, young)
        assert self.published(young) == [("DE", 12)]


def test_a_statistic_holds_nothing_of_an_account() -> None:
    fields = {field.name for field in Statistic._meta.get_fields()}
    assert fields == {"id", "day", "region", "country", "channel", "state", "messages"}
