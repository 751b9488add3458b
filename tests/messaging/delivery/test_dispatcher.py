"""The dispatcher itself: its threads, its bell, and what may fail around it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connections

from accounts.models import Account
from messaging.accept import counters
from messaging.carriers.sandbox.carrier import SandboxCarrier
from messaging.delivery import dispatcher as module
from messaging.delivery import receipts, reconcile
from messaging.delivery.dispatcher import Dispatcher
from messaging.management.commands import dispatcher as command
from messaging.messages.states import State
from paasoo_portal.core import clock, heartbeat
from privacy.catalogue.boot import CatalogueIncomplete
from tests.conftest import ROOT
from tests.messaging.delivery.conftest import ALIAS, accept, rows

OTHER = "ie"
NOWHERE = "unix:///nonexistent/valkey.sock"
Start = Callable[..., Dispatcher]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a dispatcher, and wait for the named regions' signs of life; it ends with the test."""
    started: list[Dispatcher] = []

    def do(*alive: str) -> Dispatcher:
        signs = [beating(alias) for alias in alive]
        started.append(Dispatcher())
        started[-1].start()
        for beats in signs:
            seconds_until(beats, 4)
        return started[-1]

    yield do
    for one in started:
        one.stop()
        counters.wake(ALIAS)
        counters.wake(OTHER)
        one.wait()
        assert not any(thread.is_alive() for thread in one._threads)


def state_of(message_id: UUID, alias: str = ALIAS) -> State:
    [(state,)] = rows(alias, "SELECT state FROM messaging_message WHERE id = %s", [message_id])
    return State(state)


def seconds_until(condition: Callable[[], bool], most: float) -> float:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < most, f"not within {most} s"
        time.sleep(0.02)
    return time.monotonic() - began


def is_sent(message_id: UUID, alias: str = ALIAS) -> Callable[[], bool]:
    return lambda: state_of(message_id, alias) in {State.SENT, State.DELIVERED}


def beating(alias: str) -> Callable[[], bool]:
    began = clock.now()

    def beats() -> bool:
        at = heartbeat.last(f"dispatcher.{alias}", alias)
        return at is not None and at >= began

    return beats


def test_a_message_is_sent_within_a_second_and_delivered_soon(shop: Account, start: Start) -> None:
    start(ALIAS)
    [message_id] = accept(shop)
    assert seconds_until(is_sent(message_id), 3) < 1
    seconds_until(lambda: state_of(message_id) is State.DELIVERED, 5)
    assert rows(ALIAS, "SELECT count(*) FROM messaging_sandboxsubmission") == [(1,)]


def test_the_bell_is_quicker_than_looking(
    shop: Account, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a look only every two seconds, the bell alone can make a message go at once."""
    monkeypatch.setattr(module, "LOOK_SECONDS", 1.9)
    start(ALIAS)
    time.sleep(0.3)
    [message_id] = accept(shop)
    assert seconds_until(is_sent(message_id), 3) < 1


def test_without_valkey_it_looks_by_itself(
    shop: Account, start: Start, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = NOWHERE
    monkeypatch.setattr(counters, "_client", None)
    start(ALIAS)
    [message_id] = accept(shop)
    assert seconds_until(is_sent(message_id), 4) < 2
    monkeypatch.setattr(counters, "_away_until", 0.0)


def test_each_region_gives_signs_of_life(shop: Account, start: Start) -> None:
    start(ALIAS, OTHER)


def test_a_region_that_is_down_stops_no_other_and_catches_up(
    shop: Account, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.5)
    [here], [there] = accept(shop), accept(shop, alias=OTHER)
    place = connections.settings[ALIAS]["HOST"]
    connections.settings[ALIAS]["HOST"] = "/nonexistent"
    try:
        start()
        seconds_until(is_sent(there, OTHER), 3)
        time.sleep(0.3)
        assert state_of(here) is State.ACCEPTED
    finally:
        connections.settings[ALIAS]["HOST"] = place
    seconds_until(is_sent(here), 3)


def test_connections_that_are_cut_are_made_anew(
    shop: Account, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.5)
    start(ALIAS)
    _cut(ALIAS)
    connections[ALIAS].close()
    [message_id] = accept(shop)
    seconds_until(lambda: state_of(message_id) is State.DELIVERED, 6)


def _cut(alias: str) -> None:
    """What a restart of PostgreSQL does to everybody who is connected, ourselves included."""
    given = connections[alias].settings_dict
    with psycopg.connect(
        dbname=given["NAME"], user="postgres", host=given["HOST"], autocommit=True
    ) as superuser:
        superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename = 'paasoo_worker'"
        )


def test_a_stop_lets_the_batch_in_hand_be_finished(
    shop: Account, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, real = threading.Event(), SandboxCarrier.submit

    def slow(self: SandboxCarrier, batch: Any) -> Any:
        inside.set()
        time.sleep(0.5)
        return real(self, batch)

    monkeypatch.setattr(SandboxCarrier, "submit", slow)
    [message_id] = accept(shop)
    running = start()
    assert inside.wait(3)
    running.stop()
    running.wait()
    assert state_of(message_id) is State.SENT


def test_an_error_of_ours_does_not_end_a_thread(
    shop: Account, start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failures = [ZeroDivisionError("once"), ZeroDivisionError("twice")]
    real = receipts.pump

    def pump(*args: Any, **kwargs: Any) -> int:
        if failures:
            raise failures.pop()
        return real(*args, **kwargs)

    monkeypatch.setattr(receipts, "pump", pump)
    monkeypatch.setattr(module, "LONGEST_PAUSE", 0.2)
    start()
    [message_id] = accept(shop)
    seconds_until(lambda: state_of(message_id) is State.DELIVERED, 5)
    assert [record.error for record in caplog.records if record.name == module.__name__] == [  # type: ignore[attr-defined]
        "ZeroDivisionError"
    ] * 2


def test_a_lost_answer_is_reconciled_by_the_dispatcher_itself(
    shop: Account, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TIDY_SECONDS", 0.2)
    monkeypatch.setattr(module.dispatch, "ASK_AFTER", module.timedelta(seconds=0.2))
    start()
    [message_id] = accept(shop, to=["447700900150"])
    seconds_until(lambda: state_of(message_id) is State.DELIVERED, 6)
    notes = rows(ALIAS, "SELECT note FROM messaging_messageevent WHERE note <> '' ORDER BY at")
    assert notes == [("answer_lost",), ("reconciled",)]


def test_a_carrier_that_cannot_be_asked_delays_no_new_message(
    shop: Account, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: SandboxCarrier, references: Any) -> Any:
        raise ConnectionResetError

    monkeypatch.setattr(SandboxCarrier, "query", broken)
    monkeypatch.setattr(reconcile, "LIMIT", 2)
    accept(shop, 40)
    rows(ALIAS, "UPDATE messaging_message SET state = 9")
    start(ALIAS)
    [message_id] = accept(shop, to=["447700900100"])
    assert seconds_until(is_sent(message_id), 5) < 2


def test_it_does_not_start_without_a_carrier(settings: Any) -> None:
    settings.SANDBOX_CARRIER = False
    with pytest.raises(ImproperlyConfigured):
        Dispatcher().start()


def test_it_does_not_start_with_an_incomplete_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    def incomplete() -> None:
        raise CatalogueIncomplete("a field is not declared")

    started: list[object] = []
    monkeypatch.setattr(command, "refuse_unsafe", incomplete)
    monkeypatch.setattr(command, "Dispatcher", lambda: started.append(1))
    with pytest.raises(SystemExit, match="not declared"):
        call_command("dispatcher")
    assert started == []


@pytest.mark.process
def test_the_command_delivers_and_stops_when_told(shop: Account) -> None:
    """A process as `make run` starts it, in its own role."""
    [message_id] = accept(shop)
    process = subprocess.Popen(
        [sys.executable, "manage.py", "dispatcher"],
        cwd=ROOT, env=os.environ | {"PAASOO_ROLE": "worker"}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        seconds_until(lambda: state_of(message_id) is State.DELIVERED, 30)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=12)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert "Traceback" not in errors
