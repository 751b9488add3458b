"""What a webhook is told, how it is signed, retried, kept apart from others, and paused. After Standard Webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core import mail
from django.db import connections

from accounts.teams.services import add_member
from messaging.delivery import push_rows
from messaging.projections.services import push_account
from messaging.webhooks import services, watch
from messaging.webhooks.models import Pause, RegionWebhook, WebhookEndpoint
from paasoo_portal.core import audit, clock
from paasoo_portal.core.audit.models import AuditEvent
from paasoo_portal.core.tenancy import scope, system_scope
from tests.conftest import AsRole
from tests.messaging.delivery import customer as server
from tests.messaging.delivery.conftest import ALIAS, ANYBODY, Desk
from tests.messaging.delivery.customer import Customer
from tests.pages.conftest import person

pytestmark = pytest.mark.django_db(databases="__all__")
EVERYTHING = ["message.delivered", "message.failed", "message.rejected", "message.undelivered"]
FAILS = "447700900110"


def made(desk: Desk, url: str, topics: list[str] | None = None) -> services.Made:
    """A webhook that the regions know of."""
    found = services.create(
        account_id=desk.account.pk, url=url, name="Orders", topics=topics or EVERYTHING, created_by_id=None
    )
    push_account(desk.account.pk)
    return found


def finish(desk: Desk, number: str = ANYBODY) -> UUID:
    message_id = desk.send(number)
    desk.dispatch()
    with clock.travel(by=timedelta(seconds=12)):
        desk.pump()
    return message_id


def told(desk: Desk, by: timedelta = timedelta(seconds=13)) -> int:
    with clock.travel(by=by):
        return desk.push()


def fits(secret: str, headers: dict[str, str], body: bytes) -> list[bool]:
    """Verify as the specification describes it, apart from our own code."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    right = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return [part == f"v1,{right}" for part in headers["webhook-signature"].split(" ")]


def test_says_what_became_of_a_message_and_signs_it(desk: Desk, customer: Customer) -> None:
    secret = made(desk, customer.url).secret
    message_id = finish(desk)
    assert told(desk) == 1
    assert customer.methods == ["POST"]
    body = json.loads(customer.bodies[0])
    assert body["type"] == "message.delivered"
    assert body["data"] | {"at": "", "classic_id": ""} == {
        "id": str(message_id),
        "classic_id": "",
        "state": "delivered",
        "at": "",
        "number": f"+{ANYBODY}",
        "error_code": None,
        "client_ref": "",
        "segments": 1,
        "price": "0.035",
        "currency": "EUR",
    }
    headers = {name.lower(): value for name, value in customer.headers[0].items()}
    assert headers["content-type"] == "application/json"
    assert fits(secret, headers, customer.bodies[0]) == [True]
    assert not any(fits("whsec_" + base64.b64encode(b"another").decode(), headers, customer.bodies[0]))


def test_tells_only_what_was_asked_for(desk: Desk, customer: Customer) -> None:
    made(desk, customer.url, ["message.failed"])
    finish(desk)
    assert told(desk) == 0
    finish(desk, FAILS)
    told(desk)
    assert [json.loads(body)["type"] for body in customer.bodies] == ["message.failed"]


def test_a_call_that_fails_is_made_again_under_the_same_id(desk: Desk, customer: Customer) -> None:
    made(desk, customer.url)
    customer.behave = server.answer(500)
    finish(desk)
    told(desk)
    customer.behave = server.answer(200)
    assert told(desk, timedelta(minutes=1)) == 1
    ids = [headers["webhook-id"] for headers in customer.headers]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert desk.pushes()[0][3] == 1


def test_after_a_rotation_both_secrets_sign_for_a_day(
    desk: Desk, customer: Customer, as_role: AsRole
) -> None:
    first = made(desk, customer.url)
    by = person("Rita")
    second = services.rotate(account_id=desk.account.pk, endpoint_id=first.endpoint.pk, by_id=by.pk)
    push_account(desk.account.pk)
    finish(desk)
    told(desk)
    headers = {name.lower(): value for name, value in customer.headers[0].items()}
    assert fits(second.secret, headers, customer.bodies[0]) == [True, False]
    assert fits(first.secret, headers, customer.bodies[0]) == [False, True]
    with clock.travel(by=timedelta(days=1, minutes=1)):
        with as_role("worker"):
            watch.look_after()
        finish(desk)
        told(desk)
    headers = {name.lower(): value for name, value in customer.headers[1].items()}
    assert fits(second.secret, headers, customer.bodies[1]) == [True]
    with scope(desk.account.pk):
        assert WebhookEndpoint.objects.get().former_secret == ""
    with scope(desk.account.pk, using=[ALIAS]):
        assert RegionWebhook.objects.using(ALIAS).get().former_secret == ""


def test_secrets_are_sealed_where_they_are_stored(desk: Desk, customer: Customer) -> None:
    secret = made(desk, customer.url).secret
    for alias, table in (("default", "messaging_webhookendpoint"), (ALIAS, "messaging_regionwebhook")):
        with scope(desk.account.pk, using=[alias]), connections[alias].cursor() as cursor:
            cursor.execute(f"SELECT string_agg(t::text, '') FROM {table} t")
            text = cursor.fetchone()[0]
        assert customer.url in text
        assert secret not in text
        assert secret.encode().hex() not in text


def test_a_silent_webhook_does_not_hold_up_the_other(
    desk: Desk, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messaging.delivery.push_calls.CALL_SECONDS", 0.4)
    with Customer().open() as dead:
        dead.behave = dead.hang
        made(desk, dead.url)
        made(desk, customer.url)
        for _ in range(3):
            finish(desk)
        told(desk)
        assert len(customer.calls) == 3
        assert len(dead.calls) < 3
        dead.let_go.set()


def test_410_ends_the_call_and_pauses_the_webhook(
    desk: Desk, customer: Customer, as_role: AsRole, django_capture_on_commit_callbacks: Any
) -> None:
    endpoint = made(desk, customer.url).endpoint
    customer.behave = server.answer(410)
    finish(desk)
    told(desk)
    assert desk.pushes()[0][3] == 2
    with (
        as_role("worker"),
        clock.travel(by=timedelta(minutes=1)),
        django_capture_on_commit_callbacks(execute=True),
    ):
        assert watch.look_after() == 1
        assert watch.look_after() == 0
    with scope(desk.account.pk):
        assert WebhookEndpoint.objects.get(pk=endpoint.pk).paused_why == Pause.GONE
    with scope(desk.account.pk, using=[ALIAS]):
        assert not RegionWebhook.objects.using(ALIAS).exists()


def test_three_days_of_failures_pause_it_and_developers_are_told(
    desk: Desk, customer: Customer, as_role: AsRole, django_capture_on_commit_callbacks: Any
) -> None:
    made(desk, customer.url)
    developer, viewer = person("Deva"), person("Vito")
    for member, role in ((developer, "developer"), (viewer, "viewer")):
        add_member(account_id=desk.account.pk, person_id=member.pk, role=role, added_by_id=None)
    customer.behave = server.answer(503)
    finish(desk)
    told(desk)
    with as_role("worker"):
        assert watch.look_after() == 0, "it is retried yet"
    told(desk, push_rows.GIVE_UP_AFTER + timedelta(hours=1))
    mail.outbox.clear()
    with (
        clock.travel(by=push_rows.GIVE_UP_AFTER + timedelta(hours=2)),
        as_role("worker"),
        django_capture_on_commit_callbacks(execute=True),
    ):
        assert watch.look_after() == 1
    assert {address for sent in mail.outbox for address in sent.to} >= {developer.email}
    assert viewer.email not in {address for sent in mail.outbox for address in sent.to}
    assert "For three days" in str(mail.outbox[0].body)
    with scope(desk.account.pk):
        found = WebhookEndpoint.objects.get()
    assert found.paused_why == Pause.FAILING
    assert AuditEvent.objects.filter(event=audit.Event.WEBHOOK_PAUSED, subject_id=found.pk).exists()


def test_what_waits_for_a_paused_one_is_given_up_and_may_be_called_again(
    desk: Desk, customer: Customer
) -> None:
    endpoint = made(desk, customer.url).endpoint
    finish(desk)
    services.pause(
        account_id=desk.account.pk, endpoint_id=endpoint.pk, why=Pause.BY_HAND, by_id=person("Rita").pk
    )
    push_account(desk.account.pk)
    told(desk)
    assert (customer.calls, desk.pushes()[0][3]) == ([], 2)
    services.resume(account_id=desk.account.pk, endpoint_id=endpoint.pk, by_id=person("Rolf").pk)
    push_account(desk.account.pk)
    (call_id,) = desk.sql("SELECT id FROM messaging_deliverypush")[0]
    given = {"account_id": desk.account.pk, "endpoint_id": endpoint.pk, "call_id": call_id}
    assert services.deliver_again(ALIAS, **given)
    assert not services.deliver_again(ALIAS, **given), "it waits already"
    told(desk, timedelta(minutes=1))
    assert len(customer.calls) == 1


def test_the_eleventh_is_refused(desk: Desk) -> None:
    for number in range(services.MOST):
        made(desk, f"https://example.com/{number}")
    with pytest.raises(services.TooManyWebhooks):
        made(desk, "https://example.com/one-more")
    with system_scope("test"), connections["default"].cursor() as cursor:
        cursor.execute("SELECT 1")
