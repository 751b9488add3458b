"""Webhooks as developers see them: the secret is shown once, calls are followed, tests say what came back. P-SEC-5."""

from __future__ import annotations

from datetime import timedelta

import pytest

from messaging.delivery.models import DeliveryPush, PushState
from messaging.messages.states import State
from messaging.webhooks.models import WebhookEndpoint
from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope
from tests.messaging.delivery import customer as server
from tests.messaging.delivery.customer import Customer
from tests.pages.conftest import Cast, Send
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")
TOPICS = ["message.delivered", "message.failed"]


def make(visitor: Visitor, url: str = "https://hooks.example.com/paasoo", name: str = "Orders") -> str:
    """A webhook made through the pages; the path of its own page."""
    once = visitor.get("/webhooks/new/").values()["once"]
    page = visitor.post("/webhooks/new/", {"url": url, "name": name, "topics": TOPICS, "once": once})
    return next(link for link in page.links() if link.startswith("/webhooks/") and len(link) > 30)


def stored(cast: Cast) -> WebhookEndpoint:
    with scope(cast.company.pk):
        return WebhookEndpoint.objects.get()


def test_shows_the_secret_once_and_makes_one_a_form(cast: Cast, bob: Visitor) -> None:
    assert "There is no webhook" in bob.get("/webhooks/").text
    once = bob.get("/webhooks/new/").values()["once"]
    given = {"url": "https://hooks.example.com/x", "name": "Orders", "topics": TOPICS, "once": once}
    (secret,) = bob.post("/webhooks/new/", given).texts("code")
    found = stored(cast)
    assert secret == found.secret
    assert secret.startswith("whsec_")
    for path in ("/webhooks/", f"/webhooks/{found.pk}/", f"/webhooks/{found.pk}/change/"):
        assert secret not in bob.get(path).source
    assert bob.post_on("/webhooks/new/", given) == "/webhooks/"
    stored(cast)


def test_forms_in_two_windows_make_two_webhooks(cast: Cast, bob: Visitor) -> None:
    forms = [bob.get("/webhooks/new/").values()["once"] for _ in range(2)]
    for once in reversed(forms):
        given = {"url": "https://hooks.example.com/x", "name": "Orders", "topics": TOPICS, "once": once}
        assert bob.post("/webhooks/new/", given).texts("code")
    with scope(cast.company.pk):
        assert WebhookEndpoint.objects.count() == 2


@pytest.mark.parametrize(
    ("url", "mend"),
    [
        ("", "Enter the URL to call"),
        ("nonsense nonsense", "Enter a URL such as"),
        ("https://name:word@example.com/", "without a name and password"),
        ("ftp://example.com/", "Enter a URL"),
    ],
)
def test_a_wrong_url_is_named_and_kept(bob: Visitor, url: str, mend: str) -> None:
    page = bob.post("/webhooks/new/", {"url": url, "name": "Orders", "topics": []})
    first, second = page.texts(".error-summary li")
    assert mend in first
    assert second == "Choose at least one state"
    assert page.values()["name"] == "Orders"


def test_in_production_only_https_on_its_own_port(bob: Visitor, settings: object) -> None:
    settings.OUTBOUND_ALLOW_LOOPBACK = False  # type: ignore[attr-defined]
    for url, mend in (("http://example.com/", "Use https://"), ("https://example.com:8443/", "port 443")):
        page = bob.post("/webhooks/new/", {"url": url, "name": "Orders", "topics": TOPICS})
        assert mend in page.texts(".error-summary li")[0]


def test_a_test_says_what_came_back(bob: Visitor, customer: Customer) -> None:
    path = make(bob, customer.url)
    assert bob.post_on(f"{path}test/") == path
    assert "The test was taken: 200 OK." in bob.get(path).text
    assert b"endpoint.test" in customer.bodies[0]
    customer.behave = server.answer(500)
    bob.post_on(f"{path}test/")
    assert "The test was not taken: 500 Internal Server Error." in bob.get(path).text
    customer.behave = server.close
    bob.post_on(f"{path}test/")
    assert "The connection failed" in bob.get(path).text
    for _ in range(10):
        bob.post_on(f"{path}test/")
    assert "Wait a minute" in bob.get(path).text


def test_an_inner_address_is_not_called(bob: Visitor, customer: Customer, settings: object) -> None:
    path = make(bob, customer.url)
    settings.OUTBOUND_ALLOW_LOOPBACK = False  # type: ignore[attr-defined]
    bob.post_on(f"{path}test/")
    assert "was not taken" in bob.get(path).text
    assert customer.calls == []


def test_calls_are_listed_and_made_again(cast: Cast, bob: Visitor, vera: Visitor, send: Send) -> None:
    path = make(bob)
    message = send()
    endpoint = stored(cast)
    with scope(cast.company.pk, using=["sg"]):
        call = DeliveryPush(
            account_id=cast.company.pk, message_id=message.id, endpoint_id=endpoint.pk,
            message_state=State.DELIVERED, state=PushState.FAILED, due_at=clock.now(), attempts=9,
            last_status=503, last_error="bad_status", last_at=clock.now(),
        )  # fmt: skip
        call.save(using="sg")
    page = bob.get(path)
    assert "Given up" in page.text
    assert "503 Service Unavailable" in page.text
    assert "Webhook" in bob.get(f"/messages/sg/{message.id}/").text
    again = f"{path}calls/sg/{call.pk}/again/"
    assert bob.post_on(again) == f"{path}?region=sg"
    assert "Tried again" in bob.get(path).text
    assert bob.client.post(again).status_code == 404, "it waits already"
    assert bob.client.post(f"{path}calls/sg/{uuid7()}/again/").status_code == 404
    assert bob.client.post(f"{path}calls/nowhere/{call.pk}/again/").status_code == 404
    assert vera.client.get(path).status_code == 403


def test_is_changed_paused_rotated_and_removed(cast: Cast, bob: Visitor) -> None:
    path = make(bob)
    first = stored(cast).secret
    given = {"url": "https://hooks.example.com/new", "name": "Parcels", "topics": TOPICS[:1]}
    assert bob.post_on(f"{path}change/", given) == path
    assert bob.get(path).title.startswith("Parcels")
    bob.post_on(f"{path}pause/", {"to": "pause"})
    assert "Paused by a member" in bob.get(path).text
    bob.post_on(f"{path}pause/", {"to": "work"})
    assert "Working" in bob.get(path).text
    (secret,) = bob.post(f"{path}new-secret/").texts("code")
    assert secret != first
    assert "the former one signs too until" in bob.get(path).text
    with clock.travel(by=timedelta(days=1, seconds=1)):
        assert "the former one signs" not in bob.get(path).text
    assert bob.post_on(f"{path}remove/") == "/webhooks/"
    assert bob.client.get(path).status_code == 404


def test_another_account_s_is_not_found(bob: Visitor, charlie: Visitor) -> None:
    path = make(bob)
    for tail in ("", "change/", "new-secret/", "remove/"):
        assert charlie.client.get(path + tail).status_code == 404
    for tail in ("test/", "pause/", "remove/"):
        assert charlie.client.post(path + tail).status_code == 404
    assert "Orders" not in charlie.get("/webhooks/").text


def test_hostile_names_stay_words(bob: Visitor) -> None:
    path = make(bob, name="<img src=x onerror=alert(1)>")
    assert "<img src=x" in bob.get(path).text
    assert "<img src=x" in bob.get("/webhooks/").text
