"""When the carrier's answer is lost: nothing is sent blindly a second time, and nothing is forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from messaging.carriers.base import CarrierError, Standing, Submission, SubmitAnswer
from messaging.delivery import claim, reconcile
from messaging.delivery.record import Report, record
from messaging.messages.states import Actor, State
from paasoo_portal.core import clock
from tests.messaging.delivery.conftest import ALIAS, ANYBODY, Desk, Scripted

pytestmark = pytest.mark.django_db(databases="__all__")
LOST = "447700900150"


def lose(batch: Sequence[Submission]) -> list[SubmitAnswer]:
    raise ConnectionResetError("the line broke")


def let_lease_run_out(desk: Desk, message_id: UUID) -> None:
    desk.sql("UPDATE messaging_message SET leased_until = now() - interval '1 s' WHERE id = %s", message_id)


def abandon(desk: Desk) -> int:
    return desk.work(claim.abandon, ALIAS, clock.now() + timedelta(seconds=30))


def test_a_lost_answer_is_asked_after_and_the_message_delivered_once(desk: Desk) -> None:
    message_id = desk.send(LOST)
    desk.dispatch()
    assert desk.state(message_id) is State.UNKNOWN
    assert desk.reconcile() == 0, "the carrier is given a moment"
    with clock.travel(by=timedelta(seconds=3)):
        assert desk.pump() == 1, "the receipt is there, and finds no message yet"
        assert desk.state(message_id) is State.UNKNOWN
        assert desk.reconcile() == 1
        assert desk.state(message_id) is State.SENT
    with clock.travel(by=timedelta(seconds=5)):
        assert desk.pump() == 1
        assert desk.dispatch() == 0
    assert desk.state(message_id) is State.DELIVERED
    assert desk.handed_over(message_id) == 1
    desk.check_counts()


def test_a_message_that_the_carrier_never_had_is_sent_once_more(desk: Desk, scripted: Scripted) -> None:
    message_id = desk.send()
    scripted.on_submit = lose
    desk.dispatch()
    assert desk.dispatch() == 0, "an unknown message is not in the queue"
    scripted.on_submit = scripted.take
    with clock.travel(by=timedelta(seconds=3)):
        assert desk.reconcile() == 1
        waiting = desk.message(message_id)
        assert (waiting.state, waiting.sent_at, waiting.leased_until) == (State.QUEUED, None, None)
        assert desk.reconcile() == 0
        assert desk.dispatch() == 1
        assert desk.dispatch() == desk.reconcile() == 0
    assert [one.reference for one in scripted.taken] == [message_id]
    assert desk.way(message_id) == [
        "queued", "sending", "unknown (answer_lost)", "queued (reconciled)", "sending", "sent",
    ]  # fmt: skip
    assert desk.message(message_id).attempts == 2
    desk.check_counts()


def test_a_half_answered_batch(desk: Desk, scripted: Scripted) -> None:
    """What was answered counts; the rest is asked for, and told apart by the carrier."""
    ids = desk.send_many([ANYBODY, "447700900457", "447700900458"])

    def half(batch: Sequence[Submission]) -> list[SubmitAnswer]:
        return scripted.take(batch[:2])[:1]

    scripted.on_submit = half
    desk.dispatch()
    sent = [message_id for message_id in ids if desk.state(message_id) is State.SENT]
    assert len(sent) == 1
    with clock.travel(by=timedelta(seconds=3)):
        assert desk.reconcile() == 2
    assert sorted(desk.states(ids)) == [State.QUEUED, State.SENT, State.SENT]
    desk.check_counts()


def test_a_dispatcher_that_died_before_handing_over(desk: Desk) -> None:
    """Its lease runs out, the message becomes unknown, and only the carrier's word puts it back."""
    message_id = desk.send()
    [row] = desk.work(claim.claim, ALIAS, "dead", 10)
    desk.work(claim.mark_sending, ALIAS, "dead", [row])
    assert abandon(desk) == 0
    let_lease_run_out(desk, message_id)
    assert abandon(desk) == 1
    assert desk.state(message_id) is State.UNKNOWN
    with clock.travel(by=timedelta(seconds=29)):
        assert desk.reconcile() == 0, "it might still be handing over"
    with clock.travel(by=timedelta(seconds=31)):
        assert desk.reconcile() == 1
        assert desk.dispatch() == 1
    assert desk.way(message_id) == [
        "queued", "sending", "unknown (lease_expired)", "queued (reconciled)", "sending", "sent",
    ]  # fmt: skip
    assert desk.handed_over(message_id) == 1


def test_a_dispatcher_that_died_after_handing_over(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    message_id = desk.send()

    def die(name: str) -> None:
        if name == "dispatch.after_submit":
            raise SystemExit(137)

    monkeypatch.setattr("messaging.delivery.dispatch.fault", die)
    with pytest.raises(SystemExit):
        desk.dispatch_alone()
    assert desk.state(message_id) is State.SENDING
    let_lease_run_out(desk, message_id)
    abandon(desk)
    with clock.travel(by=timedelta(seconds=31)):
        desk.reconcile()
        assert desk.dispatch() == 0
        assert desk.pump() == 1
    assert desk.state(message_id) is State.DELIVERED
    assert desk.handed_over(message_id) == 1


def test_a_dispatcher_that_died_between_claim_and_mark_leaves_it_to_the_next(desk: Desk) -> None:
    message_id = desk.send()
    desk.work(claim.claim, ALIAS, "dead", 10)
    assert desk.dispatch() == 0, "it is leased"
    let_lease_run_out(desk, message_id)
    assert desk.dispatch() == 1
    assert desk.way(message_id) == ["queued", "sending", "sent"]


def test_a_dispatcher_that_lost_its_lease_hands_nothing_over(desk: Desk) -> None:
    message_id = desk.send()
    rows = desk.work(claim.claim, ALIAS, "slow", 10)
    let_lease_run_out(desk, message_id)
    desk.work(claim.claim, ALIAS, "quick", 10)
    assert desk.work(claim.mark_sending, ALIAS, "slow", rows) == []
    desk.work(claim.give_back, ALIAS, "slow", [(rows[0], clock.now() + timedelta(days=1))])
    assert desk.message(message_id).leased_by == "quick"


def test_a_carrier_that_cannot_be_asked_is_asked_again_later(desk: Desk, scripted: Scripted) -> None:
    message_id = desk.send()
    scripted.on_submit = lose
    desk.dispatch()

    def away(references: Sequence[UUID]) -> list[Standing]:
        raise CarrierError("away", "unbound")

    for failure in (away, lose):
        scripted.on_query = failure  # type: ignore[assignment]
        with clock.travel(by=timedelta(seconds=60)):
            assert desk.reconcile() == 0
            assert desk.reconcile() == 0
        desk.sql("UPDATE messaging_message SET due_at = now() WHERE id = %s", message_id)
    assert scripted.asked == [message_id] * 2
    assert desk.state(message_id) is State.UNKNOWN


def test_the_carrier_is_asked_ever_more_seldom(desk: Desk, scripted: Scripted) -> None:
    message_id = desk.send()
    scripted.on_submit = lose
    scripted.on_query = lambda references: []
    desk.dispatch()
    for minutes in range(240):
        with clock.travel(by=timedelta(minutes=minutes)):
            desk.reconcile()
    assert 10 <= len(scripted.asked) <= 30
    assert desk.state(message_id) is State.UNKNOWN
    assert desk.way(message_id)[-1] == "unknown (answer_lost)"


def test_the_carriers_word_on_an_earlier_attempt_does_not_repeat_a_later_one(
    desk: Desk, scripted: Scripted
) -> None:
    """Two are asked at once; one is slow to hear "never had it", and by then the message is being sent."""
    message_id = desk.send()
    scripted.on_submit = lose
    desk.dispatch()
    with clock.travel(by=timedelta(seconds=3)):
        [(asked, about)] = desk.work(reconcile._to_ask, ALIAS).items()
        desk.sql("UPDATE messaging_message SET due_at = now() WHERE id = %s", message_id)
        desk.reconcile()
        rows = desk.work(claim.claim, ALIAS, "second", 10)
        desk.work(claim.mark_sending, ALIAS, "second", rows)
        slow = reconcile._report(about, scripted, Standing(asked, "", None), clock.now())
        assert desk.work(record, ALIAS, [slow]) == 0
    assert desk.state(message_id) is State.SENDING
    assert desk.way(message_id)[-1] == "queued (late)"


def test_a_slow_dispatchers_refusal_does_not_touch_anothers_attempt(desk: Desk) -> None:
    message_id = desk.send()
    [first] = desk.work(claim.claim, ALIAS, "slow", 10)
    let_lease_run_out(desk, message_id)
    rows = desk.work(claim.claim, ALIAS, "quick", 10)
    desk.work(claim.mark_sending, ALIAS, "quick", rows)
    for state in (State.QUEUED, State.UNKNOWN, State.FAILED, State.EXPIRED):
        late = Report(first.account_id, first.id, state, Actor.PAASOO, clock.now(), attempt=first.attempts)
        assert desk.work(record, ALIAS, [late]) == 0
    assert desk.state(message_id) is State.SENDING
    desk.check_counts()


def test_an_answer_about_something_else_is_ignored(desk: Desk, scripted: Scripted) -> None:
    unknown, other = desk.send(), desk.send()
    scripted.on_submit = lose
    desk.dispatch()
    scripted.on_query = lambda _: [Standing(UUID(int=5), "x", State.SENT), Standing(unknown, "y", State.SENT)]
    with clock.travel(by=timedelta(seconds=3)):
        assert desk.reconcile() == 1
    assert desk.states([unknown, other]) == [State.SENT, State.UNKNOWN]


def test_a_standing_that_is_final_is_final(desk: Desk, scripted: Scripted) -> None:
    message_id = desk.send()
    scripted.on_submit = lose
    desk.dispatch()
    scripted.on_query = lambda asked: [Standing(one, "r-1", State.REJECTED, 5) for one in asked]
    with clock.travel(by=timedelta(seconds=3)):
        desk.reconcile()
    message = desk.message(message_id)
    assert (message.state, message.error_code, message.carrier_ref) == (State.REJECTED, 5, "r-1")
    assert message.final_at is not None


@pytest.mark.parametrize("number", ["447700900120", LOST])
def test_what_nobody_tells_of_expires_after_three_days(desk: Desk, scripted: Scripted, number: str) -> None:
    message_id = desk.send(number)
    if number == LOST:
        scripted.on_submit = lose
    desk.dispatch()
    with clock.travel(by=timedelta(hours=71, minutes=59)):
        assert desk.close_unanswered() == 0
    with clock.travel(by=timedelta(hours=72, minutes=1)):
        assert desk.close_unanswered() == 1
        assert desk.close_unanswered() == 0
    assert desk.way(message_id)[-1] == "expired (no_receipt)"
    assert desk.message(message_id).final_at is not None
    desk.check_counts()


def test_three_days_count_from_handing_over(desk: Desk) -> None:
    """One that waited for its carrier is given its time, too."""
    message_id = desk.send("447700900120")
    with clock.travel(by=timedelta(hours=40)):
        desk.dispatch()
    with clock.travel(by=timedelta(hours=100)):
        assert desk.close_unanswered() == 0
    with clock.travel(by=timedelta(hours=113)):
        assert desk.close_unanswered() == 1
    assert desk.state(message_id) is State.EXPIRED


def test_a_receipt_after_the_end_is_recorded_and_changes_nothing(desk: Desk) -> None:
    message_id = desk.send()
    desk.dispatch()
    desk.sql("UPDATE messaging_sandboxsubmission SET receipt_due_at = %s", clock.now() + timedelta(hours=73))
    desk.sql("UPDATE messaging_sandboxsubmission SET submitted_at = %s", clock.now() + timedelta(hours=73))
    with clock.travel(by=timedelta(hours=74)):
        desk.close_unanswered()
        assert desk.pump() == 1
    assert desk.way(message_id)[-2:] == ["expired (no_receipt)", "delivered (late)"]
    assert desk.state(message_id) is State.EXPIRED
    desk.check_counts()


def test_many_are_closed_batch_by_batch(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "LIMIT", 3)
    desk.send_many([f"4477009004{index:02}" for index in range(8)])
    desk.dispatch()
    with clock.travel(by=timedelta(hours=73)):
        assert desk.close_unanswered() == 8
    desk.check_counts()
