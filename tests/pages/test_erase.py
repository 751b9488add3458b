"""Erasing one message, and everything of one number, by hand (P-WHO-3): said first, confirmed, and gone everywhere."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import pytest

from messaging.erasure.models import ErasedDay, ErasedMessage
from messaging.messages.models import Message
from messaging.messages.states import State
from paasoo_portal.core import audit, clock
from paasoo_portal.core.audit.models import AuditEvent
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope
from privacy.holds.models import LegalHold
from privacy.keys.models import DataClass
from tests.pages.conftest import REGION, Cast, Send
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")
NUMBER, OTHER = "447700900123", "447700900124"
PAGE = "/messages/number/"


@pytest.fixture
def delivered(cast: Cast, send: Send) -> Any:
    """Send and have it delivered."""

    def make(to: str = NUMBER, **given: Any) -> Any:
        made = send(to, **given)
        with scope(cast.company.pk, using=[REGION]):
            Message.objects.using(REGION).filter(pk=made.id).update(state=State.DELIVERED)
        return made

    return make


def left(cast: Cast) -> set[Any]:
    with scope(cast.company.pk, using=[REGION]):
        return set(Message.objects.using(REGION).values_list("pk", flat=True))


class TestOneMessage:
    def test_is_said_confirmed_and_afterwards_its_page_says_erased(
        self, cast: Cast, alice: Visitor, delivered: Any
    ) -> None:
        found, stays = delivered(), delivered(OTHER)
        here = f"/messages/{REGION}/{found.id}/"
        assert f"{here}erase/" in alice.get(here).links()
        page = alice.get(f"{here}erase/")
        assert "Nobody can bring them back" in page.text
        assert left(cast) == {found.id, stays.id}, "looking erases nothing"
        assert alice.post_on(f"{here}erase/").startswith("/accounts/reauthenticate/")
        alice.confirm_recently()
        assert alice.post_on(f"{here}erase/") == here
        assert left(cast) == {stays.id}
        page = alice.get(here, status=410)
        assert "Erased by your account on" in page.text
        assert "Back-ups follow" in page.text
        event = AuditEvent.objects.filter(chain=cast.company.pk, event=audit.Event.MESSAGES_ERASED).latest(
            "number"
        )
        assert (event.actor_id, event.actor_kind) == (cast.alice.pk, "person")

    def test_its_page_names_the_certificate_once_there_is_one(
        self, cast: Cast, alice: Visitor, delivered: Any
    ) -> None:
        found = delivered()
        alice.confirm_recently()
        alice.post_on(f"/messages/{REGION}/{found.id}/erase/")
        certificate = uuid7()
        with scope(cast.company.pk, using=[REGION]):
            ErasedMessage.objects.using(REGION).update(certificate_id=certificate)
        page = alice.get(f"/messages/{REGION}/{found.id}/", status=410)
        assert f"/certificates/{certificate}/" in page.links()

    def test_on_its_way_or_held_it_stays_and_the_page_says_why(
        self, cast: Cast, alice: Visitor, send: Send, delivered: Any
    ) -> None:
        alice.confirm_recently()
        waiting = send(NUMBER)
        path = f"/messages/{REGION}/{waiting.id}/erase/"
        assert "still on its way" in alice.get(path).text
        alice.post_on(path)
        held = delivered()
        LegalHold.objects.create(
            account_id=cast.company.pk,
            classes=[int(DataClass.CONTENT)],
            first_day=clock.today(),
            authority="Court",
            reference="1",
            review_on=clock.today(),
        )
        path = f"/messages/{REGION}/{held.id}/erase/"
        assert "legal hold" in alice.get(path).text
        alice.post_on(path)
        assert left(cast) == {waiting.id, held.id}

    def test_nobody_elses_message_is_found(self, charlie: Visitor, delivered: Any) -> None:
        found = delivered()
        charlie.get(f"/messages/{REGION}/{found.id}/erase/", status=404)
        charlie.confirm_recently()
        assert charlie.client.post(f"/messages/{REGION}/{found.id}/erase/").status_code == 404
        charlie.get(f"/messages/nowhere/{found.id}/erase/", status=404)


class TestOneNumber:
    def test_is_found_counted_and_erased_and_no_other_number_is(
        self, cast: Cast, alice: Visitor, delivered: Any
    ) -> None:
        delivered(), delivered()
        stays = delivered(OTHER)
        page = alice.post(PAGE, {"number": "+44 7700 900123"})
        assert "2 messages are kept" in page.text
        given = page.values(1)
        assert given["number"] == NUMBER
        alice.confirm_recently()
        assert alice.post_on(PAGE, given | {"step": "erase"}) == PAGE
        assert left(cast) == {stays.id}
        assert "2 messages are erased" in alice.get(PAGE).text
        assert "Nothing is kept of this number" in alice.post(PAGE, {"number": NUMBER}).text
        with scope(cast.company.pk, using=[REGION]):
            assert ErasedDay.objects.using(REGION).get().messages == 2

    def test_the_password_in_between_costs_no_typing_and_no_number_in_an_address(
        self, cast: Cast, alice: Visitor, delivered: Any
    ) -> None:
        delivered()
        where = alice.post_on(PAGE, {"number": NUMBER, "step": "erase"})
        assert NUMBER not in where
        then = unquote(where.partition("next=")[2])
        assert then.startswith(PAGE)
        alice.confirm_recently()
        page = alice.get(then)
        assert "1 message is kept" in page.text
        assert alice.post_on(PAGE, page.values(1) | {"step": "erase"}) == PAGE
        assert left(cast) == set()

    def test_a_copy_is_handed_over_as_the_api_gives_it(
        self, cast: Cast, alice: Visitor, delivered: Any
    ) -> None:
        delivered(text="Your code is 4711"), delivered(OTHER, text="Not theirs")
        alice.confirm_recently()
        answer = alice.client.post(PAGE, {"number": NUMBER, "step": "export"})
        assert answer["Content-Disposition"] == 'attachment; filename="end-user.json"'
        body = json.loads(answer.content)
        assert [one["text"] for one in body["messages"]] == ["Your code is 4711"]
        assert body["complete"] is True
        event = AuditEvent.objects.filter(event=audit.Event.MESSAGES_EXPORTED).latest("number")
        assert event.data["messages"] == 1
        assert NUMBER not in str(event.data)

    @pytest.mark.parametrize(
        ("given", "told"),
        [
            ({"number": ""}, "Enter a number"),
            ({"number": "12"}, "country code"),
            ({"number": NUMBER, "first": "soon"}, "Enter a day as"),
            ({"number": NUMBER, "first": "2026-05-02", "last": "2026-05-01"}, "must not be after"),
        ],
    )
    def test_what_is_wrong_is_named_and_kept(self, alice: Visitor, given: dict[str, str], told: str) -> None:
        page = alice.post(PAGE, given | {"step": "erase"})
        assert told in page.texts(".error-summary")[0]
        assert page.values().get("number", "") == given["number"]

    def test_only_administrators_may(self, cast: Cast) -> None:
        for role, person in cast.by_role().items():
            allowed = role == "administrator"
            visitor = Visitor(person)
            assert (visitor.client.get(PAGE).status_code == 200) == allowed, role
            assert ("One number" in visitor.client.get("/messages/").content.decode()) == allowed, role

    def test_another_account_finds_nothing(self, charlie: Visitor, delivered: Any) -> None:
        delivered()
        assert "Nothing is kept" in charlie.post(PAGE, {"number": NUMBER}).text
