"""Code 10, and the limits while Valkey is away: counted by the process itself, never a reason to refuse a message."""

from __future__ import annotations

import time
from typing import Any

import pytest

from accounts.teams.services import change_account
from messaging.accept import limits
from messaging.projections.services import push_account
from tests.messaging.classic.conftest import Wire, stored


@pytest.fixture
def narrow(wire: Wire) -> Wire:
    """An account that may send two messages a second."""
    change_account(account_id=wire.account.pk, actor_id=None, throttle_per_second=2)
    push_account(account_id=wire.account.pk)
    return wire


@pytest.fixture
def without_valkey(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL = "unix:///nonexistent/valkey.sock"
    monkeypatch.setattr(limits, "local", limits.LocalCounters())


def burst(wire: Wire, texts: list[str]) -> tuple[list[str], float]:
    """Each text's code, and the seconds from the first to the last."""
    begun = time.monotonic()
    return [wire.send(text=text)["status"] for text in texts], time.monotonic() - begun


def holds(wire: Wire) -> None:
    texts = [f"Number {count}" for count in range(12)]
    codes, seconds = burst(wire, texts)
    assert set(codes) <= {"0", "10"}
    # Seconds are counted by the clock's own: a burst touches one more than it lasts.
    assert codes.count("0") <= 2 * (int(seconds) + 2)
    assert "10" in codes
    assert stored("sg") == codes.count("0")
    time.sleep(1.1)
    refused = texts[codes.index("10")]
    assert wire.send(text=refused)["status"] == "0", "what was throttled left a mark"


def test_more_than_the_account_may_send_in_a_second_is_code_10(narrow: Wire) -> None:
    holds(narrow)


def test_one_request_of_many_recipients_uses_up_a_second_and_passes(narrow: Wire) -> None:
    assert narrow.send(to="447700900123,447700900124,447700900125")["status"] == "0"
    assert stored("sg") == 3


@pytest.mark.usefixtures("without_valkey")
def test_without_valkey_a_process_counts_for_itself(narrow: Wire) -> None:
    holds(narrow)


@pytest.mark.usefixtures("without_valkey")
def test_without_valkey_messages_are_taken_and_repeats_are_told(wire: Wire) -> None:
    assert wire.send(text="again")["status"] == "0"
    assert wire.send(text="again")["status"] == "8"
    assert wire.send(text="again", to="447700900124")["status"] == "0"
    assert stored("sg") == 2
