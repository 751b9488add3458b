"""The state table: whatever is reported, how often, in which order and how late, a message only moves forward."""

from __future__ import annotations

from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.messages import transitions
from messaging.messages.states import FINAL, State

# How far along a state is. An unknown message may have been sent, and may still turn out to be.
PLACE = {
    State.SCHEDULED: 0,
    State.ACCEPTED: 1,
    State.QUEUED: 2,
    State.SENDING: 3,
    State.UNKNOWN: 4,
    State.SENT: 5,
} | dict.fromkeys(FINAL, 6)
REPORTS = st.lists(st.sampled_from(State), max_size=40)
OUTCOMES = [State.DELIVERED, State.UNDELIVERED, State.FAILED, State.REJECTED, State.EXPIRED]


def through(start: State, reports: list[State]) -> list[State]:
    """The states that a message passes through."""
    states = [start]
    for report in reports:
        after = transitions.advance(states[-1], report)
        states.append(states[-1] if after is None else after)
    return states


def test_every_state_has_its_place() -> None:
    assert set(PLACE) == set(State)


@given(st.sampled_from(State), REPORTS)
def test_states_only_move_forward(start: State, reports: list[State]) -> None:
    states = through(start, reports)
    places = [PLACE[state] for state in states]
    assert places == sorted(places)
    for before, after in pairwise(states):
        assert before == after or PLACE[before] < PLACE[after]


@given(st.sampled_from(sorted(FINAL)), REPORTS)
def test_what_is_final_stays(final: State, reports: list[State]) -> None:
    assert set(through(final, reports)) == {final}


@given(st.sampled_from(State), REPORTS)
def test_repeating_a_report_at_once_changes_nothing(start: State, reports: list[State]) -> None:
    twice = [report for report in reports for _ in range(2)]
    assert through(start, twice)[-1] == through(start, reports)[-1]


@given(REPORTS)
def test_the_first_outcome_is_the_outcome(reports: list[State]) -> None:
    told = [report for report in reports if report in OUTCOMES]
    end = through(State.SENT, reports)[-1]
    assert end == (told[0] if told else State.SENT)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_receipt_answer_and_loss_in_any_order_come_to_the_same_end(outcome: State) -> None:
    """The receipt may overtake the answer, and the answer may be thought lost."""
    for order in permutations([State.UNKNOWN, State.SENT, State.SENT, outcome, outcome]):
        assert through(State.SENDING, list(order))[-1] is outcome


def test_only_what_was_perhaps_not_taken_may_wait_again() -> None:
    """And no report leads back: the way back is not in the table."""
    assert {state for state in State if transitions.may_requeue(state)} == {State.SENDING, State.UNKNOWN}
    leads_to_queued = {state for state in State if transitions.advance(state, State.QUEUED) is not None}
    assert leads_to_queued == {State.ACCEPTED}


def test_nothing_is_reported_of_a_message_that_no_carrier_has() -> None:
    """A receipt for a message that still waits is somebody's mistake, and must not stop it."""
    for waiting in (State.SCHEDULED, State.ACCEPTED, State.QUEUED):
        for report in (State.SENT, State.DELIVERED, State.UNDELIVERED, State.REJECTED, State.UNKNOWN):
            assert transitions.advance(waiting, report) is None, (waiting, report)


def test_canceling_comes_before_sending_or_not_at_all() -> None:
    may = {state for state in State if transitions.advance(state, State.CANCELED)}
    assert may == {State.SCHEDULED, State.ACCEPTED, State.QUEUED}


def test_why_a_report_changed_nothing() -> None:
    assert transitions.why_not(State.DELIVERED, State.DELIVERED) == "duplicate"
    assert transitions.why_not(State.EXPIRED, State.DELIVERED) == "late"


def test_a_state_leads_to_no_state_of_another_direction() -> None:
    assert not [state for state in State if transitions.advance(state, State.RECEIVED)]
