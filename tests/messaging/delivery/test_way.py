"""The whole way of a message to each of the sandbox's numbers: accepted, handed over, settled by its receipt."""

from __future__ import annotations

from datetime import timedelta

import pytest

from messaging.carriers.sandbox.outcomes import BY_NUMBER
from messaging.messages.states import Actor, State
from paasoo_portal.core import clock
from tests.messaging.delivery.conftest import ANYBODY, PRICE, Desk, Scripted

pytestmark = pytest.mark.django_db(databases="__all__")

TAKEN = ["queued", "sending", "sent"]
# number: the final state (None: it stays sent), the error code, the events
WAYS: dict[str, tuple[State | None, int | None, list[str]]] = {
    "447700900100": (State.DELIVERED, None, [*TAKEN, "delivered"]),
    "447700900101": (State.DELIVERED, None, [*TAKEN, "delivered"]),
    "447700900110": (State.FAILED, 1, [*TAKEN, "failed"]),
    "447700900111": (State.UNDELIVERED, 2, [*TAKEN, "undelivered"]),
    "447700900112": (State.UNDELIVERED, 3, [*TAKEN, "undelivered"]),
    "447700900113": (State.FAILED, 4, [*TAKEN, "failed"]),
    "447700900115": (State.REJECTED, 5, ["queued", "sending", "rejected"]),
    "447700900119": (State.FAILED, 99, [*TAKEN, "failed"]),
    "447700900120": (None, None, TAKEN),
    "447700900130": (State.DELIVERED, None, [*TAKEN, "delivered", "delivered (duplicate)"]),
    "447700900140": (State.DELIVERED, None, [*TAKEN, "delivered"]),
    "447700900150": (
        State.DELIVERED,
        None,
        ["queued", "sending", "unknown (answer_lost)", "sent (reconciled)", "delivered"],
    ),
    ANYBODY: (State.DELIVERED, None, [*TAKEN, "delivered"]),
}


def settle(desk: Desk) -> None:
    """Everything that the dispatcher's threads would do in the next seconds."""
    assert desk.dispatch() > 0
    for seconds in (1, 5, 12, 15):
        with clock.travel(by=timedelta(seconds=seconds)):
            desk.reconcile()
            desk.pump()


def test_every_number_of_the_sandbox_has_its_way_here() -> None:
    assert set(WAYS) - {ANYBODY} == set(BY_NUMBER)


@pytest.mark.parametrize("number", WAYS)
def test_the_way(desk: Desk, number: str) -> None:
    state, error, way = WAYS[number]
    message_id = desk.send(number)
    desk.check_counts()
    settle(desk)
    message = desk.message(message_id)
    assert desk.way(message_id) == way
    assert message.state == (State.SENT if state is None else state)
    assert message.error_code == error
    assert (message.final_at is None) == (state is None)
    assert message.sent_at is not None
    assert message.carrier == "sandbox"
    assert message.carrier_ref
    assert message.leased_until is None
    assert desk.handed_over(message_id) == 1
    assert desk.spent() == PRICE
    desk.check_counts()


def test_all_numbers_in_one_batch_come_to_the_same_ends(desk: Desk) -> None:
    numbers = list(WAYS)
    ids = desk.send_many(numbers, text="to all " * 40)
    assert desk.dispatch() == len(numbers)
    assert desk.dispatch() == 0
    for seconds in (1, 5, 12, 15):
        with clock.travel(by=timedelta(seconds=seconds)):
            desk.reconcile()
            desk.pump()
    assert desk.states(ids) == [WAYS[number][0] or State.SENT for number in numbers]
    assert [desk.handed_over(message_id) for message_id in ids] == [1] * len(ids)
    assert desk.spent() == PRICE * 2 * len(numbers)
    desk.check_counts()


def test_who_reported_each_step(desk: Desk) -> None:
    delivered, rejected, failed = desk.send_many([ANYBODY, "447700900115", "447700900110"])
    settle(desk)
    us, carrier, handset = Actor.PAASOO, Actor.CARRIER, Actor.HANDSET
    assert [step.actor for step in desk.steps(delivered)] == [us, us, carrier, handset]
    assert [step.actor for step in desk.steps(rejected)] == [us, us, carrier]
    assert [step.actor for step in desk.steps(failed)] == [us, us, carrier, carrier]


def test_a_delayed_receipt_is_not_there_early(desk: Desk) -> None:
    message_id = desk.send("447700900101")
    desk.dispatch()
    with clock.travel(by=timedelta(seconds=9)):
        assert desk.pump() == 0
        assert desk.state(message_id) is State.SENT
    with clock.travel(by=timedelta(seconds=11)):
        assert desk.pump() == 1
    assert desk.state(message_id) is State.DELIVERED


def test_the_carrier_is_given_the_text_as_it_was_written(desk: Desk, scripted: Scripted) -> None:
    text = "Grüße 你好 🎉 'quoted' \\ $1 %s"
    message_id = desk.send(ANYBODY, text=text)
    desk.dispatch()
    [given] = scripted.taken
    assert (given.reference, given.sender, given.number, given.text) == (message_id, "Harbour", ANYBODY, text)


def test_older_messages_go_first(desk: Desk) -> None:
    ids = [desk.send() for _ in range(4)]
    desk.dispatch(limit=2)
    assert desk.states(ids) == [State.SENT, State.SENT, State.ACCEPTED, State.ACCEPTED]


def test_nothing_to_do_is_nothing_done(desk: Desk) -> None:
    assert desk.dispatch() == desk.pump() == desk.reconcile() == desk.close_unanswered() == 0
