"""What people see before they close an account or delete their data, and what stands in the way. P-RET-5, P-WHO-2."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core import mail

from accounts.api_keys.services import create_api_key
from accounts.centre import views_inbox
from accounts.centre.forms import AnswerForm
from accounts.closure import services
from accounts.closure.models import AccountClosure
from accounts.erasure.services import erase_person
from accounts.errors import LastAdministrator, WorksHere
from accounts.models import Membership, Person
from paasoo_portal.core import clock
from paasoo_portal.core.tenancy import scope
from privacy.requests import services as requests
from privacy.requests.models import RightsRequest
from tests.pages.conftest import Cast, Send
from tests.pages.conftest import person as make_person
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")


class TestClosing:
    def test_says_what_goes_what_stays_and_when_it_is_final(self, alice: Visitor, send: Send) -> None:
        send()
        page = alice.get("/privacy/close-account/")
        assert "Messages, with their texts, numbers and every key that opens them1" in page.text
        assert "Companies Act 2014" in page.text
        assert "final after 7 days" in page.text
        assert "/privacy/export/" in page.links()

    def test_the_name_is_typed_and_the_person_confirms(self, cast: Cast, alice: Visitor) -> None:
        page = alice.post("/privacy/close-account/", {"name": "Harbor", "choice": "return"})
        assert "This is not the account’s name" in page.texts(".error-summary")[0]
        given = {"name": " Harbour  Logistics ", "choice": "delete"}
        assert alice.post_on("/privacy/close-account/", given).startswith("/accounts/reauthenticate/")
        alice.confirm_recently()
        assert alice.post_on("/privacy/close-account/", given) == "/privacy/close-account/"
        found = AccountClosure.objects.get()
        assert found.final_at - found.asked_at == timedelta(days=7)

    def test_until_then_every_page_says_so_and_any_administrator_takes_it_back(
        self,
        cast: Cast,
        alice: Visitor,
        bob: Visitor,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            services.ask(account_id=cast.company.pk, person=cast.alice, choice="delete")
        assert [sent.to for sent in mail.outbox] == [["alice@example.com"]]
        assert "This account will be closed on" in bob.get("/messages/").text
        assert "Keep the account" in alice.get("/privacy/close-account/").text
        assert alice.post_on("/privacy/close-account/cancel/") == "/privacy/close-account/"
        assert "stays open" in alice.get("/privacy/close-account/").text
        assert "will be closed" not in bob.get("/messages/").text
        with clock.travel(by=timedelta(days=8)):
            assert services.close_due() == 0

    def test_is_decided_once(self, cast: Cast) -> None:
        services.ask(account_id=cast.company.pk, person=cast.alice, choice="delete")
        with pytest.raises(services.ClosingAlready):
            services.ask(account_id=cast.company.pk, person=cast.alice, choice="delete")

    def test_others_may_not(self, bob: Visitor, charlie: Visitor) -> None:
        assert bob.client.get("/privacy/close-account/").status_code == 403
        assert charlie.post_on("/privacy/close-account/cancel/") == "/privacy/close-account/"


class TestDeleting:
    def test_an_invited_user_s_administrator_answers_and_then_they_are_gone(
        self,
        cast: Cast,
        alice: Visitor,
        bob: Visitor,
    ) -> None:
        page = bob.get("/privacy/delete/")
        assert "administrator answers first" in page.text
        rows = [[cell.text_content() for cell in row] for row in page.all("tbody tr")]
        assert ["Memberships", "1", "deleted"] in rows
        assert "Legal clocks" not in page.text, "which no customer's person is in"
        bob.confirm_recently()
        path = bob.post_on("/privacy/delete/", {"email": "BOB@example.com"})
        found = RightsRequest.objects.get()
        assert (found.kind, found.routed_to) == ("erasure", "administrator")
        given = {"action": "answer", "text": "Done.", "step": "send"}
        alice.post_on(f"/privacy/inbox/{found.reference}/", given)
        assert not Person.objects.filter(email="bob@example.com").exists()
        assert bob.sent_on(bob.client.get(path)).startswith("/accounts/login/")
        assert RightsRequest.objects.get().person_id is None

    def test_of_a_member_of_two_accounts_this_place_alone_goes(
        self,
        cast: Cast,
        alice: Visitor,
        bob: Visitor,
    ) -> None:
        with scope(cast.other.pk):
            Membership.objects.create(account_id=cast.other.pk, person=cast.bob, role="viewer")
        bob.client.post("/account/switch/", {"account": str(cast.company.pk)})
        bob.confirm_recently()
        bob.post_on("/privacy/delete/", {"email": "bob@example.com"})
        reference = RightsRequest.objects.get().reference
        alice.post_on(f"/privacy/inbox/{reference}/", {"action": "answer", "text": "Done.", "step": "send"})
        assert Person.objects.filter(pk=cast.bob.pk).exists()
        with scope(cast.company.pk):
            assert not Membership.objects.filter(person=cast.bob).exists()

    def test_who_took_it_back_meanwhile_is_not_erased(
        self, cast: Cast, alice: Visitor, bob: Visitor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bob.confirm_recently()
        path = bob.post_on("/privacy/delete/", {"email": "bob@example.com"})
        found = RightsRequest.objects.get()
        # The page was read while the request was open; the person is quicker than the administrator's click.
        monkeypatch.setattr(views_inbox, "AnswerForm", _cancelling(found, cast.bob.pk))
        given = {"action": "answer", "text": "Done.", "step": "send"}
        page = alice.client.post(f"/privacy/inbox/{found.reference}/", given, follow=True)
        assert "closed already" in page.content.decode()
        assert Person.objects.filter(pk=cast.bob.pk).exists()
        assert "Cancelled" in bob.get(path).text

    def test_who_left_an_account_is_erased_from_its_rows_too(
        self, cast: Cast, alice: Visitor, bob: Visitor
    ) -> None:
        create_api_key(account_id=cast.company.pk, name="Server", created_by_id=cast.bob.pk)
        bob.post_on("/team/leave/")
        bob.confirm_recently()
        assert bob.post_on("/privacy/delete/", {"email": "bob@example.com"}) == "/privacy/deleted/"
        assert not Person.objects.filter(pk=cast.bob.pk).exists()
        assert "Server" in alice.get("/api-keys/").text

    def test_staff_are_not_erased_by_a_form(self, cast: Cast, dana: Visitor) -> None:
        dana.confirm_recently()
        page = dana.post("/privacy/delete/", {"email": "dana@example.com"})
        assert "works for PaaSoo" in page.texts(".error-summary")[0]
        with pytest.raises(WorksHere):
            erase_person(cast.dana.pk, by_id=None, by_kind="system")

    def test_who_alone_administers_is_told_to_hand_over(self, cast: Cast, alice: Visitor) -> None:
        page = alice.get("/privacy/delete/")
        assert "You alone administer an account" in page.text
        alice.post("/privacy/delete/", {"email": "alice@example.com"})
        assert Person.objects.filter(pk=cast.alice.pk).exists()
        with pytest.raises(LastAdministrator):
            erase_person(cast.alice.pk, by_id=None, by_kind="system")

    def test_who_has_no_account_is_erased_at_once(
        self,
        cast: Cast,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        erin = Visitor(make_person("Erin"))
        page = erin.post("/privacy/delete/", {"email": "else@example.com"})
        assert "not the address" in page.texts(".error-summary")[0]
        erin.confirm_recently()
        with django_capture_on_commit_callbacks(execute=True):
            assert erin.post_on("/privacy/delete/", {"email": "erin@example.com"}) == "/privacy/deleted/"
        assert "erased" in erin.get("/privacy/deleted/").title
        assert not Person.objects.filter(email="erin@example.com").exists()
        assert mail.outbox[-1].to == ["erin@example.com"]
        assert erin.client.get("/privacy/held/").status_code == 302


def _cancelling(found: RightsRequest, person_id: UUID) -> type[AnswerForm]:
    class Slow(AnswerForm):
        def is_valid(self) -> bool:
            requests.cancel(found.pk, person_id=person_id)
            return super().is_valid()

    return Slow
