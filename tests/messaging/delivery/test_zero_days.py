"""Kept for 0 days: what the row held sealed is gone with the last state, and before that delivery has it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from messaging.messages.states import State
from paasoo_portal.core import clock
from tests.messaging.delivery.conftest import ANYBODY, Desk, Scripted

pytestmark = pytest.mark.django_db(databases="__all__")
ENDS = ["447700900100", "447700900111", "447700900115", "447700900130"]


def held(desk: Desk, message_id: UUID) -> tuple[bool, bool, bool]:
    """Whether the row holds text, number and search token."""
    message = desk.message(message_id)
    return (
        message.content_sealed is not None,
        message.number_sealed is not None,
        message.number_token is not None,
    )


def finish(desk: Desk) -> None:
    desk.dispatch()
    with clock.travel(by=timedelta(seconds=2)):
        desk.pump()


@pytest.mark.parametrize("number", ENDS)
def test_the_text_goes_with_the_last_state(desk: Desk, number: str) -> None:
    message_id = desk.send(number, content_days=0)
    assert held(desk, message_id) == (True, True, True)
    finish(desk)
    assert desk.message(message_id).final_at is not None
    assert held(desk, message_id) == (False, True, True)


def test_the_text_stays_while_it_may_still_be_needed(desk: Desk) -> None:
    sent, unknown = desk.send("447700900120", content_days=0), desk.send("447700900150", content_days=0)
    desk.dispatch()
    assert desk.states([sent, unknown]) == [State.SENT, State.UNKNOWN]
    assert held(desk, sent)[0]
    assert held(desk, unknown)[0]


def test_text_and_number_go_where_both_are_kept_for_0_days(desk: Desk) -> None:
    desk.keep(content_days=0, number_days=0)
    message_id = desk.send()
    finish(desk)
    assert held(desk, message_id) == (False, False, False)


def test_one_day_is_not_none(desk: Desk) -> None:
    desk.keep(content_days=1, number_days=1)
    message_id = desk.send()
    finish(desk)
    assert held(desk, message_id) == (True, True, True)


def test_a_neighbour_in_the_same_batch_keeps_its_own(desk: Desk) -> None:
    zero, thirty = desk.send(content_days=0), desk.send()
    finish(desk)
    assert held(desk, zero)[0] is False
    assert held(desk, thirty)[0] is True


def test_it_goes_as_well_when_the_message_is_never_sent(desk: Desk, scripted: Scripted) -> None:
    message_id = desk.send(ANYBODY, content_days=0)
    with clock.travel(by=timedelta(hours=49)):
        desk.dispatch()
    assert desk.state(message_id) is State.EXPIRED
    assert held(desk, message_id)[0] is False
