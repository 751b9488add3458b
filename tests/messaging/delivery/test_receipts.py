"""Receipts: recorded, then acknowledged; early, late, repeated and unknown ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from messaging.carriers.base import Receipt
from messaging.carriers.sandbox.carrier import SandboxCarrier
from messaging.delivery import receipts
from messaging.messages.states import Actor, State
from paasoo_portal.core import clock
from tests.messaging.delivery.conftest import ALIAS, Desk, Scripted

pytestmark = pytest.mark.django_db(databases="__all__")


def receipt(ref: str, state: State = State.DELIVERED, error: int | None = None) -> Receipt:
    return Receipt(ref, state, clock.now(), error)


def test_recorded_and_then_acknowledged(desk: Desk, scripted: Scripted) -> None:
    message_id = desk.send()
    desk.dispatch()
    scripted.waiting = [receipt(scripted.ref(message_id))]
    assert desk.pump() == 1
    assert scripted.acknowledged == scripted.waiting
    assert desk.state(message_id) is State.DELIVERED


def test_one_that_nobody_knows_is_not_acknowledged_and_stops_nobody(desk: Desk, scripted: Scripted) -> None:
    message_id = desk.send()
    desk.dispatch()
    scripted.waiting = [receipt("never-seen"), receipt(""), receipt(scripted.ref(message_id))]
    assert desk.pump() == 3
    assert scripted.acknowledged == scripted.waiting[2:]


def test_a_crash_between_record_and_acknowledge_repeats_it_harmlessly(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = desk.send()
    desk.dispatch()

    def die(name: str) -> None:
        if name == "receipts.after_commit":
            raise SystemExit(137)

    with monkeypatch.context() as patch, clock.travel(by=timedelta(seconds=1)):
        patch.setattr(receipts, "fault", die)
        with pytest.raises(SystemExit):
            desk.alone(receipts.pump, ALIAS, desk.carrier)
    with clock.travel(by=timedelta(seconds=3)):
        assert desk.pump() == 1
        assert desk.pump() == 0
    assert desk.way(message_id) == ["queued", "sending", "sent", "delivered", "delivered (duplicate)"]
    desk.check_counts()


def test_one_before_the_answer_waits_for_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The receipt thread is at work while the dispatcher still waits for the carrier's answer."""
    message_id = desk.send("447700900140")
    pumped: list[int] = []

    def meanwhile(seconds: float) -> None:
        pumped.append(receipts.pump(ALIAS, desk.carrier))

    monkeypatch.setattr("messaging.carriers.sandbox.carrier.time.sleep", meanwhile)
    desk.dispatch()
    assert pumped == [1]
    assert desk.way(message_id) == ["queued", "sending", "sent"]
    with clock.travel(by=timedelta(seconds=2)):
        assert desk.pump() == 1
    assert desk.way(message_id)[-1] == "delivered"


def test_another_carriers_reference_is_not_ours(desk: Desk, scripted: Scripted) -> None:
    message_id = desk.send()
    desk.dispatch()
    sandbox = SandboxCarrier(ALIAS)
    assert desk.work(receipts.apply, ALIAS, sandbox, [receipt(scripted.ref(message_id))]) == []
    assert desk.state(message_id) is State.SENT


def test_who_reports_what(desk: Desk, scripted: Scripted) -> None:
    ids = [desk.send() for _ in range(3)]
    desk.dispatch()
    told = [(State.DELIVERED, None), (State.UNDELIVERED, 3), (State.REJECTED, 5)]
    scripted.waiting = [
        receipt(scripted.ref(message_id), *outcome) for message_id, outcome in zip(ids, told, strict=True)
    ]
    desk.pump()
    assert [desk.steps(message_id)[-1].actor for message_id in ids] == [
        Actor.HANDSET, Actor.HANDSET, Actor.CARRIER,
    ]  # fmt: skip
    assert [desk.message(message_id).error_code for message_id in ids] == [None, 3, 5]


def test_a_receipt_of_yesterdays_message_is_found(desk: Desk) -> None:
    """The reference tells the day of handing over; the message may be two days older."""
    message_id = desk.send()
    with clock.travel(by=timedelta(hours=47)):
        desk.dispatch()
        assert desk.carrier.submitted_on(desk.message(message_id).carrier_ref) == clock.today()
    with clock.travel(by=timedelta(hours=48)):
        assert desk.pump() == 1
    assert desk.state(message_id) is State.DELIVERED


def test_receipts_of_two_accounts_in_one_batch(desk: Desk, new_desk: Callable[[], Desk]) -> None:
    other = new_desk()
    ids: dict[UUID, Desk] = {desk.send(): desk, other.send(): other}
    desk.dispatch()
    with clock.travel(by=timedelta(seconds=1)):
        assert desk.pump() == 2
    assert {owner.state(message_id) for message_id, owner in ids.items()} == {State.DELIVERED}
    desk.check_counts()
    other.check_counts()


def test_an_intermediate_receipt_changes_nothing(desk: Desk, scripted: Scripted) -> None:
    """Some carriers report "buffered" or "enroute": the message is as sent as before."""
    message_id = desk.send()
    desk.dispatch()
    scripted.waiting = [receipt(scripted.ref(message_id), State.SENT)]
    desk.pump()
    assert desk.state(message_id) is State.SENT
    assert len(scripted.acknowledged) == 1
