"""What can go wrong between the queue and the carrier, and what each message then says."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from messaging.carriers.base import SUBMIT_SECONDS, CarrierError, Submission, SubmitAnswer
from messaging.delivery import bounds, dispatch
from messaging.messages.states import Actor, State
from paasoo_portal.core import clock
from privacy.keys import VaultUnavailable, store
from tests.messaging.delivery.conftest import ANYBODY, Desk, Scripted

pytestmark = pytest.mark.django_db(databases="__all__")


def refuse(*, permanent: bool) -> Callable[[Sequence[Submission]], list[SubmitAnswer]]:
    def submit(batch: Sequence[Submission]) -> list[SubmitAnswer]:
        raise CarrierError("The carrier is busy", "throttled: 0x58", permanent=permanent)

    return submit


def move_seal(desk: Desk, giver: UUID, taker: UUID, column: str = "content_sealed") -> None:
    """An intruder with SQL puts one message's ciphertext into another."""
    desk.sql(
        f"UPDATE messaging_message m SET {column} = g.{column} FROM messaging_message g "
        "WHERE g.id = %s AND m.id = %s",
        giver, taker,
    )  # fmt: skip


# --- The carrier takes nothing ---------------------------------------------------------------------------------


def test_a_busy_carrier_is_tried_again_ever_later(desk: Desk, scripted: Scripted) -> None:
    message_id = desk.send()
    scripted.on_submit = refuse(permanent=False)
    passed = timedelta()
    for least, most in ((4, 6), (8, 12), (16, 24)):
        with clock.travel(by=passed):
            assert desk.dispatch() == 1
            pause = (desk.message(message_id).due_at - clock.now()).total_seconds()
        assert least - 1 < pause <= most
        with clock.travel(by=passed + timedelta(seconds=least - 2)):
            assert desk.dispatch() == 0
        passed += timedelta(seconds=most + 1)
    scripted.on_submit = scripted.take
    with clock.travel(by=passed):
        assert desk.dispatch() == 1
    assert desk.way(message_id) == ["queued", *(["sending", "queued (retry)"] * 3), "sending", "sent"]
    assert len(scripted.taken) == 1
    desk.check_counts()


def test_a_permanent_refusal_is_the_end(desk: Desk, scripted: Scripted) -> None:
    message_id = desk.send()
    scripted.on_submit = refuse(permanent=True)
    desk.dispatch()
    message = desk.message(message_id)
    assert (message.state, message.error_code, message.sent_at) == (State.FAILED, 1, None)
    with clock.travel(by=timedelta(days=1)):
        assert desk.dispatch() == 0
    desk.check_counts()


def test_pauses_grow_to_ten_minutes_however_often_it_was_tried() -> None:
    for attempts, seconds in ((1, 5), (2, 10), (3, 20), (7, 320), (8, 600), (50, 600), (5000, 600)):
        pause = dispatch.backoff(attempts).total_seconds()
        assert 0.8 * seconds <= pause <= 1.2 * seconds


def test_the_log_tells_what_the_carrier_said_and_no_number(
    desk: Desk, scripted: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    desk.send(text="a secret")
    scripted.on_submit = refuse(permanent=False)
    with caplog.at_level(logging.DEBUG):
        desk.dispatch()
    [record] = [record for record in caplog.records if record.name == "messaging.delivery.dispatch"]
    assert (record.why, record.carrier, record.levelname) == ("throttled: 0x58", "scripted", "WARNING")  # type: ignore[attr-defined]
    shown = str([vars(record) for record in caplog.records if record.name.startswith("messaging")])
    assert ANYBODY not in shown
    assert "a secret" not in shown


# --- Too late --------------------------------------------------------------------------------------------------


def test_a_message_that_waited_two_days_expires_unsent(desk: Desk, scripted: Scripted) -> None:
    message_id = desk.send()
    with clock.travel(by=timedelta(hours=47, minutes=59)):
        desk.dispatch(limit=0)
        assert desk.state(message_id) is State.ACCEPTED
    with clock.travel(by=timedelta(hours=48, minutes=1)):
        desk.dispatch()
    assert desk.way(message_id) == ["queued", "expired (validity)"]
    assert scripted.taken == []
    message = desk.message(message_id)
    assert (message.sent_at, message.error_code) == (None, None)
    assert message.final_at is not None
    assert desk.spent() > 0, "an accepted message is billed whatever its delivery"
    desk.check_counts()


@pytest.mark.parametrize("column", ["content_key_id", "number_key_id"])
def test_what_was_erased_before_sending_expires(desk: Desk, scripted: Scripted, column: str) -> None:
    """Another message of the same day and account may have other keys, and goes out."""
    message_id, other = desk.send(), desk.send(content_days=3)
    if column == "number_key_id":
        desk.sql("UPDATE messaging_message SET number_key_id = content_key_id WHERE id = %s", message_id)
        column = "content_key_id"
    desk.kill_key(getattr(desk.message(message_id), column))
    desk.dispatch()
    assert desk.way(message_id) == ["queued", "expired (erased)"]
    assert [one.reference for one in scripted.taken] == [other]
    desk.check_counts()


# --- What does not open ----------------------------------------------------------------------------------------


def test_a_moved_ciphertext_is_never_sent_and_stops_nobody(
    desk: Desk, scripted: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad, also_good = desk.send(), desk.send(), desk.send()
    move_seal(desk, good, bad)
    desk.dispatch()
    assert desk.states([good, bad, also_good]) == [State.SENT, State.QUEUED, State.SENT]
    assert {one.reference for one in scripted.taken} == {good, also_good}
    [record] = [record for record in caplog.records if record.name == "messaging.delivery.dispatch"]
    assert (record.message_id, record.error) == (bad, "SealRefused")  # type: ignore[attr-defined]
    assert desk.message(bad).leased_until is None
    desk.check_counts()


def test_it_is_given_up_after_ten_tries(desk: Desk, scripted: Scripted) -> None:
    good, bad = desk.send(), desk.send()
    move_seal(desk, good, bad, "number_sealed")
    passed, tries = timedelta(), 0
    while desk.state(bad) is not State.FAILED:
        with clock.travel(by=passed):
            tries += bool(desk.dispatch())
        passed += timedelta(minutes=12, seconds=1)
        assert tries <= dispatch.MOST_ATTEMPTS
    assert tries == dispatch.MOST_ATTEMPTS
    assert desk.way(bad) == ["queued", "failed (unreadable)"]
    assert passed < timedelta(hours=3)
    desk.check_counts()


def test_a_message_without_its_text_is_not_sent_as_an_empty_one(desk: Desk, scripted: Scripted) -> None:
    message_id = desk.send()
    desk.sql("UPDATE messaging_message SET content_sealed = NULL WHERE id = %s", message_id)
    desk.dispatch()
    assert desk.state(message_id) is State.QUEUED
    assert scripted.taken == []


def test_an_unknown_key_is_not_taken_for_an_erased_one(desk: Desk, scripted: Scripted) -> None:
    message_id = desk.send()
    desk.sql("DELETE FROM privacy_datakey WHERE id = %s", desk.message(message_id).content_key_id)
    desk.dispatch()
    assert desk.state(message_id) is State.QUEUED
    assert scripted.taken == []


def test_a_damaged_key_stops_only_its_own_messages(
    desk: Desk, scripted: Scripted, new_desk: Callable[[], Desk]
) -> None:
    neighbour = new_desk()
    bad, good = desk.send(), neighbour.send()
    [key] = desk.sql(
        f"DELETE FROM privacy_datakey WHERE id = %s RETURNING {store.COLUMNS}, created_at",
        desk.message(bad).content_key_id,
    )
    *columns, wrapped, created_at = key
    altered = bytes(wrapped[:-1]) + bytes([wrapped[-1] ^ 1])
    desk.sql(
        f"INSERT INTO privacy_datakey ({store.COLUMNS}, created_at) VALUES ({', '.join(['%s'] * len(key))})",
        *columns, altered, created_at,
    )  # fmt: skip
    assert desk.dispatch() == 2
    assert desk.state(bad) is State.QUEUED
    assert neighbour.state(good) is State.SENT


def test_with_the_vault_away_nothing_is_lost(
    desk: Desk, scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = desk.send()
    with monkeypatch.context() as patch:
        patch.setattr(dispatch, "opener", _away)
        for _ in range(2):
            with pytest.raises(VaultUnavailable):
                desk.dispatch_alone()
            desk.sql("UPDATE messaging_message SET leased_until = now() - interval '1 s'")
    assert desk.state(message_id) is State.QUEUED
    assert desk.dispatch() == 1
    assert [one.reference for one in scripted.taken] == [message_id]


def _away(*args: Any, **kwargs: Any) -> Any:
    raise VaultUnavailable("no answer")


# --- Time and order --------------------------------------------------------------------------------------------


def test_what_is_due_later_waits(desk: Desk) -> None:
    message_id = desk.send()
    desk.sql("UPDATE messaging_message SET due_at = now() + interval '1 hour' WHERE id = %s", message_id)
    assert desk.dispatch() == 0
    with clock.travel(by=timedelta(minutes=61)):
        assert desk.dispatch() == 1


def test_a_batch_that_took_too_long_to_open_is_not_handed_over(
    desk: Desk, scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease could run out while the carrier is at it: it is left to be asked about."""
    message_id = desk.send()
    monkeypatch.setattr(bounds, "LEASE_SECONDS", SUBMIT_SECONDS)
    desk.dispatch()
    assert scripted.taken == []
    assert desk.state(message_id) is State.SENDING


def test_what_we_did_is_told_as_ours(desk: Desk) -> None:
    message_id = desk.send()
    with clock.travel(by=timedelta(hours=49)):
        desk.dispatch()
    assert {step.actor for step in desk.steps(message_id)} == {Actor.PAASOO}


def test_a_key_whose_day_has_come_still_serves_what_was_accepted_just_before(
    desk: Desk, scripted: Scripted
) -> None:
    """Kept for 0 days and accepted at 23:59: it goes out at 0:01, unless the night's run was quicker."""
    message_id = desk.send(content_days=0)
    midnight = clock.midnight(clock.today() + timedelta(days=1))
    with clock.travel(to=midnight + timedelta(minutes=1)):
        desk.dispatch()
    assert [one.reference for one in scripted.taken] == [message_id]
