"""The sandbox carrier by itself: its ledger, its receipts, what it says when asked."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from messaging.carriers.base import CarrierError, Submission
from messaging.carriers.registry import carrier_of
from messaging.carriers.sandbox.carrier import GIVEN_UP_AFTER, SandboxCarrier
from messaging.carriers.sandbox.models import SandboxSubmission
from messaging.carriers.sandbox.outcomes import outcome_of
from messaging.messages.states import State
from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from tests.conftest import AsRole

pytestmark = pytest.mark.django_db(databases="__all__")
ALIAS = "sg"
Do = Callable[..., Any]


@pytest.fixture
def do(as_role: AsRole) -> Do:
    """Call the carrier as the dispatcher does, in its role."""
    carrier = SandboxCarrier(ALIAS)

    def call(name: str, *args: Any) -> Any:
        with as_role("worker"):
            return getattr(carrier, name)(*args)

    return call


def to(number: str) -> Submission:
    return Submission(uuid7(), "Harbour", number, "text")


def test_each_hand_over_is_written_down_even_a_second_of_the_same(do: Do) -> None:
    one = to("447700900100")
    first, second = do("submit", [one])[0], do("submit", [one])[0]
    assert SandboxSubmission.objects.using(ALIAS).filter(reference=one.reference).count() == 2
    assert first.carrier_ref != second.carrier_ref


def test_the_ledger_holds_neither_number_nor_text(do: Do) -> None:
    do("submit", [Submission(uuid7(), "Harbour", "447700900123", "a secret")])
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT row_to_json(s)::text FROM messaging_sandboxsubmission s")
        shown = cursor.fetchone()[0]
    for word in ("447700900123", "7700900123", "secret", "Harbour"):
        assert word not in shown


def test_its_references_tell_their_day_and_nothing_else(do: Do) -> None:
    refs = [answer.carrier_ref for answer in do("submit", [to("447700900100") for _ in range(3)])]
    today = clock.today()
    assert all(re.fullmatch(rf"sb{today:%Y%m%d}-[0-9a-f]{{16}}", ref) for ref in refs)
    assert do("submitted_on", refs[0]) == today
    assert do("submitted_on", "smsc-0001") is None
    assert do("submitted_on", "") is None


def test_answers(do: Do) -> None:
    sent, rejected, lost = to("447700900100"), to("447700900115"), to("447700900150")
    answers = {answer.reference: answer for answer in do("submit", [sent, rejected, lost])}
    assert (answers[sent.reference].state, answers[sent.reference].error_code) == (State.SENT, None)
    assert (answers[rejected.reference].state, answers[rejected.reference].error_code) == (State.REJECTED, 5)
    assert lost.reference not in answers


def test_asked_it_says_what_it_has(do: Do) -> None:
    sent, rejected, lost, never = (
        to(number) for number in ("447700900100", "447700900115", "447700900150", "447700900100")
    )
    do("submit", [sent, rejected, lost])
    standings = do("query", [one.reference for one in (sent, rejected, lost, never)])
    assert [one.state for one in standings] == [State.SENT, State.REJECTED, State.SENT, None]
    assert standings[2].carrier_ref
    assert not standings[3].carrier_ref


def test_a_receipt_comes_again_until_it_is_taken(do: Do) -> None:
    do("submit", [to("447700900100")])
    assert do("receipts", 10) == []
    with clock.travel(by=timedelta(seconds=1)):
        [receipt] = do("receipts", 10)
        assert do("receipts", 10) == []
    with clock.travel(by=timedelta(seconds=3)):
        [again] = do("receipts", 10)
        assert again.carrier_ref == receipt.carrier_ref
        do("acknowledge", [again])
        do("acknowledge", [again])
    with clock.travel(by=timedelta(seconds=60)):
        assert do("receipts", 10) == []


def test_at_most_so_many_receipts_at_once(do: Do) -> None:
    do("submit", [to("447700900100") for _ in range(5)])
    with clock.travel(by=timedelta(seconds=2)):
        assert [len(do("receipts", 2)) for _ in range(4)] == [2, 2, 1, 0]


def test_receipts_that_nobody_takes_end(do: Do) -> None:
    do("submit", [to("447700900100")])
    with clock.travel(by=GIVEN_UP_AFTER + timedelta(seconds=1)):
        assert do("receipts", 10) == []


def test_the_silent_number_sends_no_receipt(do: Do) -> None:
    do("submit", [to("447700900120"), to("447700900115")])
    with clock.travel(by=timedelta(days=2)):
        assert do("receipts", 10) == []


def test_the_early_receipt_is_there_before_the_answer(do: Do, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Any] = []

    def sleep(seconds: float) -> None:
        found.extend(do("receipts", 10))

    monkeypatch.setattr(time, "sleep", sleep)
    [answer] = do("submit", [to("447700900140")])
    assert [receipt.carrier_ref for receipt in found] == [answer.carrier_ref]


def test_other_numbers_are_delivered() -> None:
    assert outcome_of("447700900123").name == outcome_of("12025550123").name == "delivered"


def test_nothing_names_a_number_in_a_log() -> None:
    one = to("447700900123")
    assert "447700900123" not in f"{one!r} {one} {[one]}"
    assert str(one.reference) in repr(one)


def test_a_carriers_error_has_a_text_for_each() -> None:
    error = CarrierError("The carrier is away", "bind refused: 0x0D", permanent=True)
    assert (error.user, str(error), error.permanent) == ("The carrier is away", "bind refused: 0x0D", True)
    assert not CarrierError("a", "b").permanent


def test_a_region_without_a_carrier_says_what_to_set(settings: Any) -> None:
    assert isinstance(carrier_of(ALIAS), SandboxCarrier)
    settings.SANDBOX_CARRIER = False
    with pytest.raises(ImproperlyConfigured, match=r"sg.*SANDBOX_CARRIER"):
        carrier_of(ALIAS)
