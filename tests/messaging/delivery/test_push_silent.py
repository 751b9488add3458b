"""Servers of customers that are silent: they delay nobody else, and get everything once they are back."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from messaging.delivery import push_calls
from messaging.delivery.models import PushState
from messaging.messages.states import State
from paasoo_portal.core import clock
from tests.messaging.delivery import customer as server
from tests.messaging.delivery.conftest import Desk
from tests.messaging.delivery.customer import Customer
from tests.messaging.delivery.test_push import customer, finish, impatient, strangers, told

__all__ = ["customer", "impatient", "strangers"]
pytestmark = pytest.mark.django_db(databases="__all__")


# --- Nobody waits for another's server -------------------------------------------------------------------------


def test_a_silent_server_does_not_delay_another_accounts_reports(
    desk: Desk, customer: Customer, new_desk: Callable[[], Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_calls, "CALL_SECONDS", 2.0)
    customer.behave = customer.hang
    for _ in range(30):
        desk.send()
    other = new_desk()
    for _ in range(30):
        other.send()
    desk.dispatch()
    with clock.travel(by=timedelta(seconds=2)):
        desk.pump()
    with Customer().open() as quick:
        other.tell_reports_to(quick.url)
        desk.sql("UPDATE messaging_deliverypush SET due_at = due_at - interval '1 s'")
        other.make_pushes()
        told(desk)
        assert len(quick.calls) == 30
        assert max(quick.at) < customer.at[0] + 1.5, "all were told while the other was waited for"
    assert len(customer.calls) == 1, "a stranger is called once before it is called often"


def test_a_silent_servers_backlog_costs_one_call_and_is_left_alone(
    desk: Desk, customer: Customer, impatient: None
) -> None:
    customer.behave = customer.hang
    desk.send_many([f"4477009005{index:02}" for index in range(20)])
    desk.dispatch()
    with clock.travel(by=timedelta(seconds=2)):
        desk.pump()
    assert told(desk) == 1
    assert told(desk) == 0
    assert sorted(row[4] for row in desk.pushes()) == [0] * 19 + [1]
    assert len(customer.calls) == 1


def test_when_the_server_is_back_everything_is_told(
    desk: Desk, customer: Customer, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer.behave = customer.hang
    monkeypatch.setattr(push_calls, "SILENCES", (0.1,))
    desk.send_many([f"4477009005{index:02}" for index in range(20)])
    desk.dispatch()
    with clock.travel(by=timedelta(seconds=2)):
        desk.pump()
    told(desk)
    customer.let_go.set()
    customer.behave = server.after(0.05, server.answer(200))
    time.sleep(0.15)
    told(desk, timedelta(minutes=1))
    assert {row[3] for row in desk.pushes()} == {PushState.DONE}
    assert 1 < customer.most_at_once <= push_calls.MOST_AT_ONCE


def test_what_waits_behind_a_silent_server_ends_after_three_days(
    desk: Desk, customer: Customer, impatient: None
) -> None:
    customer.behave = customer.hang
    desk.send_many([f"4477009005{index:02}" for index in range(5)])
    desk.dispatch()
    with clock.travel(by=timedelta(seconds=2)):
        desk.pump()
    told(desk)
    with clock.travel(by=timedelta(days=3, minutes=1)):
        desk.push()
    assert [row[3] for row in desk.pushes()].count(PushState.FAILED) == 5
    assert len(customer.calls) <= 2


def test_what_waited_for_us_is_tried_however_old(desk: Desk, customer: Customer) -> None:
    """Three days without our own worker are not the customer's fault."""
    finish(desk)
    assert told(desk, timedelta(days=3, hours=1)) == 1
    assert desk.pushes()[0][3] == PushState.DONE


def test_pauses_of_a_silent_server_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    now, someone = [100.0], UUID(int=1)
    monkeypatch.setattr(push_calls.time, "monotonic", lambda: now[0])
    servers = push_calls.Servers()
    silent, fine = push_calls.Result(error="timeout"), push_calls.Result(500)
    for pause in (10, 30, 120, 600, 600):
        servers.learn(someone, silent)
        servers.learn(someone, silent)
        assert servers.shares({}) == {someone: 0}
        now[0] += pause + 1
        assert servers.shares({}) == {someone: 1}
        assert servers.shares({someone: 1}) == {someone: 0}
    servers.learn(someone, fine)
    assert servers.shares({someone: 3, UUID(int=2): 1}) == {
        someone: push_calls.MOST_AT_ONCE - 3,
        UUID(int=2): 0,
    }
    assert servers.silent() == []


def test_states_told_are_those_of_the_message(desk: Desk, customer: Customer) -> None:
    """The report says what the message's state was when it ended, whatever came later."""
    message_id = finish(desk, "447700900130")
    assert desk.state(message_id) is State.DELIVERED
    assert [row[1] for row in desk.pushes()] == [State.DELIVERED]
