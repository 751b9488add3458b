"""Figures that identify nobody: small groups are folded, and what is still small is withheld (P-RET-10)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from messaging.usage.models import Statistic
from messaging.usage.statistics import ELSEWHERE, SMALLEST_GROUP, fold

groups = st.dictionaries(
    st.tuples(st.sampled_from(["DE", "FR", "GB", "IE", "JP"]), st.just("sms"), st.integers(4, 9)),
    st.integers(1, 40),
)


def test_big_groups_stay_small_ones_are_folded() -> None:
    counts = {("DE", "sms", 4): 12, ("FR", "sms", 4): 9, ("GB", "sms", 4): 3}
    assert fold(counts) == {("DE", "sms", 4): 12, (ELSEWHERE, "sms", 4): 12}


def test_what_is_small_even_together_is_withheld() -> None:
    assert fold({("FR", "sms", 4): 6, ("GB", "sms", 4): 3, ("GB", "sms", 5): 9}) == {}


def test_nothing_is_folded_across_states_or_channels() -> None:
    assert fold({("FR", "sms", 4): 9, ("FR", "sms", 5): 9, ("FR", "voice", 4): 9}) == {}


@given(groups)
def test_no_group_is_small_and_none_is_counted_twice(counts: dict[tuple[str, str, int], int]) -> None:
    folded = fold(counts)
    assert all(messages >= SMALLEST_GROUP for messages in folded.values())
    assert sum(folded.values()) <= sum(counts.values())
    assert {group[0] for group in folded} <= {group[0] for group in counts} | {ELSEWHERE}


def test_a_statistic_holds_nothing_of_an_account() -> None:
    fields = {field.name for field in Statistic._meta.get_fields()}
    assert fields == {"id", "day", "region", "country", "channel", "state", "messages"}
