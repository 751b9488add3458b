"""The one writer of states, with every report in any order: row, events, counters and reports stay one story."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging.delivery.record import Report, record
from messaging.messages import transitions
from messaging.messages.states import Actor, State
from paasoo_portal.core import clock
from tests.messaging.delivery.conftest import ALIAS, ANYBODY, Desk, Step

pytestmark = pytest.mark.django_db(databases="__all__")
REPORTED = [
    State.QUEUED, State.SENT, State.UNKNOWN, State.DELIVERED, State.UNDELIVERED, State.FAILED, State.REJECTED,
    State.EXPIRED,
]  # fmt: skip
# Batches of reports on three messages.
BATCHES = st.lists(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from(REPORTED)), min_size=1, max_size=8), max_size=6
)


def expected(start: State, reports: list[State]) -> tuple[State, list[str]]:
    """The state in the end, and the note of each report."""
    state, notes = start, []
    for reported in reports:
        if reported is State.QUEUED and state in {State.SENDING, State.UNKNOWN}:
            state = State.QUEUED
            notes.append("")
        elif (after := transitions.advance(state, reported)) is not None:
            state = after
            notes.append("")
        else:
            notes.append("duplicate" if reported is state else "late")
    return state, notes


def report(desk: Desk, message_id: UUID, state: State, **kwargs: object) -> Report:
    return Report(desk.account.pk, message_id, state, Actor.CARRIER, clock.now(), **kwargs)  # type: ignore[arg-type]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=BATCHES)
def test_any_reports_in_any_order(desk: Desk, batches: list[list[tuple[int, State]]]) -> None:
    with transaction.atomic(using=ALIAS):
        ids = desk.send_many([f"44770090046{index}" for index in range(3)])
        desk.sql(
            "UPDATE messaging_regionaccount SET push_url = 'https://example.com/' WHERE account_id = %s",
            desk.account.pk,
        )
        desk.take_up()
        for batch in batches:
            desk.work(record, ALIAS, [report(desk, ids[index], state) for index, state in batch])
        flat = [one for batch in batches for one in batch]
        ended = 0
        for index, message_id in enumerate(ids):
            told = [state for about, state in flat if about == index]
            state, notes = expected(State.SENDING, told)
            message = desk.message(message_id)
            assert message.state == state
            steps = desk.steps_as_written(message_id)[2:]
            assert [(step.state, step.note) for step in steps] == list(zip(told, notes, strict=True))
            assert (message.final_at is not None) == transitions.is_final(state)
            ended += transitions.is_final(state)
        assert len(desk.pushes()) == ended, "one report to the customer for each message that ended"
        desk.check_counts()
        transaction.set_rollback(True, using=ALIAS)


def test_reports_on_one_message_within_a_batch_count_in_their_order(desk: Desk) -> None:
    message_id = desk.send()
    desk.take_up()
    states = [State.SENT, State.DELIVERED, State.FAILED, State.DELIVERED]
    assert desk.work(record, ALIAS, [report(desk, message_id, state) for state in states]) == 1
    carrier = Actor.CARRIER
    assert desk.steps_as_written(message_id)[2:] == [
        Step(State.SENT, carrier, "", None),
        Step(State.DELIVERED, carrier, "", None),
        Step(State.FAILED, carrier, "late", None),
        Step(State.DELIVERED, carrier, "duplicate", None),
    ]
    desk.check_counts()


def test_a_message_that_is_gone_is_passed_over(desk: Desk) -> None:
    message_id = desk.send()
    desk.take_up()
    gone = report(desk, UUID(int=message_id.int + 1), State.SENT)
    assert desk.work(record, ALIAS, [gone, report(desk, message_id, State.SENT)]) == 1
    assert desk.work(record, ALIAS, [gone]) == 0
    assert desk.work(record, ALIAS, []) == 0


def test_another_accounts_message_is_not_found(desk: Desk, new_desk: Callable[[], Desk]) -> None:
    other, message_id = new_desk(), desk.send()
    desk.take_up()
    assert desk.work(record, ALIAS, [report(other, message_id, State.SENT)]) == 0
    assert desk.state(message_id) is State.SENDING


def test_an_ignored_report_touches_neither_reference_nor_times(desk: Desk) -> None:
    message_id = desk.send()
    desk.take_up()
    desk.work(record, ALIAS, [report(desk, message_id, State.DELIVERED, carrier_ref="a", carrier="x")])
    before = desk.message(message_id)
    with clock.travel(by=timedelta(hours=1)):
        late = report(desk, message_id, State.FAILED, error_code=99, carrier_ref="b", due_at=clock.now())
        desk.work(record, ALIAS, [late])
    after = desk.message(message_id)
    for field in ("state", "carrier_ref", "error_code", "sent_at", "final_at", "due_at"):
        assert getattr(after, field) == getattr(before, field), field
    assert desk.steps_as_written(message_id)[-1] == Step(State.FAILED, Actor.CARRIER, "late", 99)


def test_counters_hold_segments_and_money(desk: Desk) -> None:
    desk.send(text="a" * 161)
    desk.send(ANYBODY, text="b" * 400)
    desk.take_up()
    desk.check_counts()
    counted = desk.sql(
        "SELECT messages, segments, amount FROM messaging_daycount WHERE account_id = %s AND state = 2",
        desk.account.pk,
    )
    assert [(row[0], row[1], str(row[2])) for row in counted] == [(2, 5, "0.17500")]
