"""Reports to the customer's own URL: what they say, what counts as taken, how often and how long they are retried."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from messaging.classic import ids
from messaging.delivery import push, push_calls, push_rows
from messaging.delivery.models import PushState
from paasoo_portal.core import clock
from tests.messaging.delivery import customer as server
from tests.messaging.delivery.conftest import ALIAS, ANYBODY, Desk
from tests.messaging.delivery.customer import Customer

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def strangers() -> Iterator[None]:
    """Nothing is known of any server."""
    push.servers.forget()
    yield
    push.servers.forget()


@pytest.fixture
def customer(desk: Desk) -> Iterator[Customer]:
    """The account's server, to which its reports go."""
    with Customer().open() as opened:
        desk.tell_reports_to(opened.url)
        yield opened


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push_calls, "CALL_SECONDS", 0.4)


def finish(desk: Desk, number: str = ANYBODY, **kwargs: Any) -> UUID:
    message_id = desk.send(number, **kwargs)
    desk.dispatch()
    with clock.travel(by=timedelta(seconds=12)):
        desk.pump()
    return message_id


def told(desk: Desk, by: timedelta = timedelta(seconds=13)) -> int:
    with clock.travel(by=by):
        return desk.push()


# --- What is said ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "status", "word", "code"),
    [
        ("447700900100", "0", "delivered", "0"),
        ("447700900110", "400", "failed", "1"),
        ("447700900111", "400", "failed", "2"),
        ("447700900112", "400", "failed", "3"),
        ("447700900113", "400", "failed", "4"),
        ("447700900115", "400", "rejected", "5"),
        ("447700900119", "400", "failed", "99"),
    ],
)
def test_the_parameters(
    desk: Desk, customer: Customer, number: str, status: str, word: str, code: str
) -> None:
    message_id = finish(desk, number)
    assert told(desk) == 1
    assert customer.methods == ["GET"]
    assert customer.calls[0].startswith("/reports?")
    assert customer.parameters() == [
        ("type", "dlr"),
        ("messageid", ids.encode(message_id)),
        ("to", number),
        ("status", status),
        ("statuscode", word),
        ("errcode", code),
        ("network", desk.message(message_id).network),
    ]


def test_the_network_is_told(desk: Desk, customer: Customer) -> None:
    message_id = finish(desk)
    desk.sql("UPDATE messaging_message SET network = '52099' WHERE id = %s", message_id)
    told(desk)
    assert ("network", "52099") in customer.parameters()


def test_the_customers_own_parameters_stay(desk: Desk, customer: Customer) -> None:
    desk.tell_reports_to(f"{customer.url}?token=a%26b&x=#part")
    finish(desk)
    told(desk)
    assert customer.parameters()[:3] == [("token", "a&b"), ("x", ""), ("type", "dlr")]
    assert "#" not in customer.calls[0]


def test_an_expired_message_is_told_as_failed(desk: Desk, customer: Customer) -> None:
    finish(desk, "447700900120")
    with clock.travel(by=timedelta(hours=73)):
        desk.close_unanswered()
        assert desk.push() == 1
    assert ("statuscode", "failed") in customer.parameters()
    assert ("errcode", "0") in customer.parameters()


def test_an_erased_number_is_told_as_empty(desk: Desk, customer: Customer) -> None:
    message_id = finish(desk)
    desk.kill_key(desk.message(message_id).number_key_id)
    told(desk)
    assert ("to", "") in customer.parameters()
    assert ("messageid", ids.encode(message_id)) in customer.parameters()


def test_a_number_that_is_not_kept_is_told_as_empty(desk: Desk, customer: Customer) -> None:
    desk.keep(content_days=0, number_days=0)
    finish(desk)
    told(desk)
    assert ("to", "") in customer.parameters()


def test_a_number_that_does_not_open_is_not_told(desk: Desk, customer: Customer) -> None:
    """And another account's, or another message's, least of all."""
    good, bad = finish(desk), finish(desk)
    desk.sql(
        "UPDATE messaging_message b SET number_sealed = g.number_sealed FROM messaging_message g "
        "WHERE g.id = %s AND b.id = %s",
        good, bad,
    )  # fmt: skip
    told(desk)
    assert [dict(customer.parameters(0))["messageid"]] == [ids.encode(good)]
    assert len(customer.calls) == 1


# --- Who is told -----------------------------------------------------------------------------------------------


def test_each_message_is_told_once(desk: Desk, customer: Customer) -> None:
    messages = {ids.encode(finish(desk, number)) for number in ("447700900100", "447700900130")}
    assert told(desk) == 2
    assert told(desk, timedelta(days=2)) == 0
    assert {dict(customer.parameters(index))["messageid"] for index in range(2)} == messages
    assert {row[3] for row in desk.pushes()} == {PushState.DONE}


def test_nothing_is_told_before_the_end(desk: Desk, customer: Customer) -> None:
    finish(desk, "447700900120")
    assert told(desk) == 0
    assert desk.pushes() == []


def test_without_a_url_there_is_nothing_to_tell(desk: Desk) -> None:
    finish(desk)
    assert desk.pushes() == []
    assert told(desk) == 0


def test_a_url_that_was_taken_away_ends_it(desk: Desk, customer: Customer) -> None:
    finish(desk)
    desk.tell_reports_to("")
    told(desk)
    [(_, _, _, state, _, _, error, _)] = desk.pushes()
    assert (state, error) == (PushState.FAILED, "no_url")
    assert customer.calls == []


def test_a_new_url_is_used_for_what_still_waits(desk: Desk, customer: Customer) -> None:
    customer.behave = server.answer(503)
    finish(desk)
    told(desk)
    with Customer().open() as moved:
        desk.tell_reports_to(moved.url)
        assert told(desk, timedelta(minutes=1)) == 1
        assert len(moved.calls) == 1
    assert len(customer.calls) == 1


def test_an_account_is_told_of_its_own_messages_alone(
    desk: Desk, customer: Customer, new_desk: Callable[[], Desk]
) -> None:
    other = new_desk()
    with Customer().open() as elsewhere:
        other.tell_reports_to(elsewhere.url)
        mine, theirs = finish(desk), finish(other)
        told(desk)
        assert ("messageid", ids.encode(mine)) in customer.parameters()
        assert ("messageid", ids.encode(theirs)) in elsewhere.parameters()
    assert len(customer.calls) == len(elsewhere.calls) == 1


# --- What counts as taken --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_taken(desk: Desk, customer: Customer, status: int) -> None:
    customer.behave = server.answer(status)
    finish(desk)
    told(desk)
    [(_, _, _, state, attempts, last_status, error, _)] = desk.pushes()
    assert (state, attempts, last_status, error) == (PushState.DONE, 1, status, "")


@pytest.mark.parametrize("status", [301, 302, 304, 400, 404, 410, 429, 500, 503])
def test_anything_else_is_tried_again(desk: Desk, customer: Customer, status: int) -> None:
    customer.behave = server.answer(status, Location="http://127.0.0.1:1/elsewhere")
    finish(desk)
    told(desk)
    [(_, _, _, state, attempts, last_status, error, _)] = desk.pushes()
    assert (state, attempts, last_status, error) == (PushState.PENDING, 1, status, "bad_status")
    assert len(customer.calls) == 1, "a redirect is not followed"
    customer.behave = server.answer(200)
    assert told(desk, timedelta(seconds=30)) == 1
    assert desk.pushes()[0][3:6] == (PushState.DONE, 2, 200)


def test_a_server_that_closes_the_line(desk: Desk, customer: Customer) -> None:
    customer.behave = server.close
    finish(desk)
    told(desk)
    assert desk.pushes()[0][3:7] == (PushState.PENDING, 1, None, "no_answer")


def test_a_server_that_never_answers(desk: Desk, customer: Customer, impatient: None) -> None:
    customer.behave = customer.hang
    finish(desk)
    told(desk)
    assert desk.pushes()[0][3:7] == (PushState.PENDING, 1, None, "timeout")


def test_a_server_that_is_not_there(desk: Desk) -> None:
    desk.tell_reports_to("http://127.0.0.1:9/reports")
    finish(desk)
    told(desk)
    assert desk.pushes()[0][3:7] == (PushState.PENDING, 1, None, "no_answer")


def test_an_address_inside_our_walls_is_never_called(desk: Desk, customer: Customer, settings: Any) -> None:
    settings.OUTBOUND_ALLOW_LOOPBACK = False
    desk.tell_reports_to("http://127.0.0.1/reports")
    finish(desk)
    told(desk)
    assert desk.pushes()[0][3:7] == (PushState.PENDING, 1, None, "forbidden_address")
    assert customer.calls == []


# --- How often and how long ------------------------------------------------------------------------------------


def test_pauses_grow_from_ten_seconds_to_six_hours_for_three_days(desk: Desk, customer: Customer) -> None:
    customer.behave = server.answer(500)
    finish(desk)
    passed, pauses = timedelta(seconds=13), []
    while True:
        with clock.travel(by=passed):
            assert desk.push() == 1
            [(_, _, _, state, _, _, _, due_at)] = desk.pushes()
            if state == PushState.FAILED:
                break
            pause = due_at - clock.now()
        with clock.travel(by=passed + pause - timedelta(seconds=1)):
            assert desk.push() == 0
        pauses.append(pause.total_seconds())
        passed += pause + timedelta(seconds=1)
    plan = [*push_rows.PAUSES, *[push_rows.PAUSES[-1]] * 30]
    for pause, planned in zip(pauses, plan, strict=False):
        assert 0.8 * planned - 1 <= pause <= 1.2 * planned
    assert timedelta(days=3) < passed < timedelta(days=3, hours=8)
    assert 14 <= len(customer.calls) <= 26
    with clock.travel(by=timedelta(days=5)):
        assert desk.push() == 0


def test_retries_are_rows_that_survive_the_process(desk: Desk, customer: Customer) -> None:
    """What was called and not written down is called again once its lease has run out."""
    finish(desk)

    def die(name: str) -> None:
        raise SystemExit(137)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(push, "fault", die)
        with pytest.raises(SystemExit), clock.travel(by=timedelta(seconds=13)):
            desk.alone(push.push_due, ALIAS)
    assert len(customer.calls) == 1
    assert told(desk) == 0, "leased"
    desk.sql("UPDATE messaging_deliverypush SET leased_until = now() - interval '1 s'")
    assert told(desk) == 1
    assert len(customer.calls) == 2
    assert desk.pushes()[0][3] == PushState.DONE


def test_nothing_personal_is_logged(desk: Desk, customer: Customer, caplog: pytest.LogCaptureFixture) -> None:
    customer.behave = server.close
    with caplog.at_level(logging.DEBUG):
        finish(desk, text="a secret")
        told(desk)
    shown = str([vars(record) for record in caplog.records if "sql" not in record.__dict__])
    for word in (ANYBODY, "a secret", customer.url):
        assert word not in shown
