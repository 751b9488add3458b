"""Asking, routing, answering: nobody sees another's, and the clock runs whoever answers. P-RGT-1, P-RGT-2, P-WHO-2."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection

from accounts.models import Membership
from paasoo_portal.core import audit, clock
from paasoo_portal.core.tenancy import scope
from privacy.requests import calendar, services
from privacy.requests.models import RightsRequest
from privacy.retention import rows
from tests.conftest import AsRole
from tests.pages.conftest import Cast
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")
WORDS = "My surname is spelt Ó Briain."


def ask(visitor: Visitor, kind: str = "rectification", **more: str) -> str:
    """Ask through form and check page; the request's own path."""
    given = {"text": WORDS, **more}
    page = visitor.post(f"/privacy/requests/new/{kind}/", given | {"step": "check"})
    assert WORDS in page.text
    return visitor.post_on(f"/privacy/requests/new/{kind}/", page.values() | {"step": "send"})


def test_a_member_asks_and_follows_it(cast: Cast, bob: Visitor) -> None:
    path = ask(bob)
    page = bob.get(path)
    found = RightsRequest.objects.get()
    assert page.title.startswith(f"Request {found.reference}")
    assert re.fullmatch(r"R-[A-HJKMNP-Z2-9]{4}-[A-HJKMNP-Z2-9]{4}", found.reference)
    assert found.due_on == calendar.due_on(clock.today(), 1)
    assert found.routed_to == "administrator"
    assert "The administrator of your account answers" in page.text
    assert found.reference in bob.get("/privacy/requests/").text


def test_the_same_again_is_the_same_request(bob: Visitor) -> None:
    assert ask(bob) == ask(bob)


def test_what_people_write_is_sealed_where_it_is_stored(bob: Visitor) -> None:
    ask(bob)
    with connection.cursor() as cursor:
        cursor.execute("SELECT r::text FROM privacy_rightsrequest r")
        assert "Briain" not in cursor.fetchone()[0]


def test_objection_and_restriction_share_a_door(bob: Visitor) -> None:
    ask(bob, "objection", what="restriction")
    assert RightsRequest.objects.get().kind == "restriction"
    page = bob.post("/privacy/requests/new/objection/", {"text": "", "step": "check"})
    assert len(page.texts(".error-summary li")) == 2


@pytest.mark.parametrize("kind", ["access", "erasure", "nonsense"])
def test_what_the_portal_does_at_once_is_not_asked_in_words(bob: Visitor, kind: str) -> None:
    assert bob.client.get(f"/privacy/requests/new/{kind}/").status_code == 404


def test_nobody_else_finds_it(cast: Cast, bob: Visitor, vera: Visitor, charlie: Visitor) -> None:
    path = ask(bob)
    inbox = f"/privacy/inbox/{RightsRequest.objects.get().reference}/"
    for visitor in (vera, charlie):
        assert visitor.client.get(path).status_code == 404
    assert charlie.client.get(inbox).status_code == 404
    assert vera.client.get(inbox).status_code == 403
    assert Visitor(cast.dana).client.get(path).status_code == 404


def test_an_administrator_s_own_goes_to_us(alice: Visitor) -> None:
    page = alice.get(ask(alice))
    assert "PaaSoo answers." in page.text
    assert RightsRequest.objects.get().account_id is None


def test_the_administrator_answers_in_the_portal(
    cast: Cast, alice: Visitor, bob: Visitor, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        path = ask(bob)
    assert [sent.to for sent in mail.outbox] == [["bob@example.com"], ["alice@example.com"]]
    assert not [sent for sent in mail.outbox if "Briain" in str(sent.body)]
    reference = RightsRequest.objects.get().reference
    assert reference in alice.get("/privacy/inbox/").text
    where = f"/privacy/inbox/{reference}/"
    assert WORDS in alice.get(where).text
    page = alice.post(where, {"action": "answer", "text": "Corrected.", "step": "check"})
    with django_capture_on_commit_callbacks(execute=True):
        assert alice.post_on(where, page.values() | {"step": "send"}) == "/privacy/inbox/"
    assert mail.outbox[-1].to == ["bob@example.com"]
    assert "Corrected." in bob.get(path).text
    assert "nothing left for you to do" in alice.get(where).text
    alice.post(where, {"action": "answer", "text": "Again.", "step": "send"})
    assert RightsRequest.objects.get().steps.filter(kind="answered").count() == 1
    assert audit.verify(cast.company.pk) is None


def test_a_refusal_needs_its_ground_and_names_the_remedies(alice: Visitor, bob: Visitor) -> None:
    path = ask(bob)
    where = f"/privacy/inbox/{RightsRequest.objects.get().reference}/"
    given = {"action": "refuse", "text": "No.", "step": "send"}
    assert "Choose the ground" in alice.post(where, given).texts(".error-summary")[0]
    alice.post_on(where, given | {"ground": "legal_duty"})
    page = bob.get(path)
    assert "the law makes us keep" in page.text
    assert "Data Protection Commission" in page.text
    assert "court" in page.text


def test_two_more_months_are_taken_once(alice: Visitor, bob: Visitor) -> None:
    ask(bob)
    found = RightsRequest.objects.get()
    where = f"/privacy/inbox/{found.reference}/"
    given = {"action": "extend", "text": "It is complex.", "step": "send"}
    alice.post_on(where, given)
    alice.post_on(where, given)
    again = RightsRequest.objects.get()
    assert again.due_on == calendar.due_on(found.received_at.date(), 3)
    assert again.steps.filter(kind="extended").count() == 1


def test_one_s_own_is_taken_back_while_it_is_open(bob: Visitor) -> None:
    path = ask(bob)
    assert bob.post_on(path) == path
    assert "Cancelled" in bob.get(path).text
    assert bob.post_on(path) == path
    assert "closed already" in bob.get(path).text


def test_staff_take_over_in_time_and_the_clock_does_not_stop(bob: Visitor) -> None:
    path = ask(bob)
    before = RightsRequest.objects.get()
    with clock.travel(to=clock.now() + (before.due_on - clock.today()) - timedelta(days=11)):
        assert services.take_over() == 0
    with clock.travel(to=clock.now() + (before.due_on - clock.today()) - timedelta(days=10)):
        assert services.take_over() == 1
        assert services.take_over() == 0
    found = RightsRequest.objects.get()
    assert (found.routed_to, found.due_on) == ("staff", before.due_on)
    assert "Taken over by PaaSoo" in bob.get(path).text


def test_who_left_the_account_still_reads_their_answer(cast: Cast, bob: Visitor) -> None:
    path = ask(bob)
    with scope(cast.company.pk):
        Membership.objects.filter(person=cast.bob).delete()
    assert WORDS in bob.get(path).text


class TestVisitors:
    GIVEN = {"email": "erin@example.com", "kind": "access", "text": WORDS}

    def link(self) -> str:
        found = re.search(r"http://[^/\s]+(/privacy/ask/\S+/)", str(mail.outbox[-1].body))
        assert found
        return found[1]

    def test_prove_their_address_first(
        self, nobody: Visitor, django_capture_on_commit_callbacks: Any
    ) -> None:
        assert "We sent a link" in nobody.post("/privacy/ask/", self.GIVEN).text
        assert RightsRequest.objects.get().state == "unconfirmed"
        path = self.link()
        nobody.get(path)
        assert RightsRequest.objects.get().state == "unconfirmed", "a look confirms nothing"
        with django_capture_on_commit_callbacks(execute=True):
            page = nobody.post(path)
        found = RightsRequest.objects.get()
        assert found.reference in page.text
        assert (found.state, found.routed_to) == ("open", "staff")
        assert mail.outbox[-1].to == ["erin@example.com"]
        assert "works once" in nobody.post(path, status=410).text

    @pytest.mark.parametrize("email", ["alice@example.com", "nobody@example.com"])
    def test_a_known_address_is_answered_like_any_other(
        self, cast: Cast, nobody: Visitor, email: str
    ) -> None:
        page = nobody.post("/privacy/ask/", self.GIVEN | {"email": email})
        assert page.title == "Check your email – PaaSoo"
        assert len(mail.outbox) == 1

    def test_an_unconfirmed_one_is_deleted_after_two_days(self, nobody: Visitor, as_role: AsRole) -> None:
        nobody.post("/privacy/ask/", self.GIVEN)
        path = self.link()
        with clock.travel(by=timedelta(days=2, seconds=1)):
            nobody.get(path, status=410)
            assert forgotten(as_role) == 1

    def test_what_is_wrong_is_named_and_kept(self, nobody: Visitor) -> None:
        page = nobody.post("/privacy/ask/", {"email": "x", "kind": "", "text": "kept"})
        assert len(page.texts(".error-summary li")) == 2
        assert page.values()["text"].strip() == "kept"

    def test_many_from_one_place_are_too_many(self, nobody: Visitor) -> None:
        for count in range(5):
            nobody.post("/privacy/ask/", self.GIVEN | {"email": f"v{count}@example.com"})
        assert nobody.client.post("/privacy/ask/", self.GIVEN).status_code == 429
        assert len(mail.outbox) == 5


def forgotten(as_role: AsRole) -> int:
    with as_role("worker"):
        return rows.run("default", clock.today()).counts["privacy.RightsRequest"]


def test_a_closed_request_is_forgotten_after_three_years(bob: Visitor, as_role: AsRole) -> None:
    bob.post_on(ask(bob))
    with clock.travel(by=timedelta(days=3 * 365 - 1)):
        assert forgotten(as_role) == 0
    with clock.travel(by=timedelta(days=3 * 365 + 1)):
        assert forgotten(as_role) == 1
