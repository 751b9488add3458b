"""What staff do: unmask with a reason, answer requests, credit, publish, look at retention and the trail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accounts.billing.models import Balance, LedgerEntry
from accounts.models import Person
from paasoo_portal.core import audit, clock
from paasoo_portal.core.audit.models import AuditEvent
from paasoo_portal.core.tenancy import scope
from privacy.policy.models import PolicyVersion
from privacy.requests import services
from privacy.requests.models import RightsRequest, Route
from tests.pages.conftest import Cast
from tests.pages.test_admin import shown
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")
QUEUE = "/admin/privacy/rightsrequest/"


def received(
    person_id: Any, kind: str = "rectification", text: str = "My name is Ó Briain."
) -> RightsRequest:
    return services.receive(kind=kind, person_id=person_id, account_id=None, text=text, route=Route.STAFF)


class TestUnmasking:
    def test_asks_why_records_it_and_tells_the_customer(
        self, cast: Cast, officer: Visitor, alice: Visitor
    ) -> None:
        path = f"/admin/accounts/person/{cast.bob.pk}/unmask/"
        assert "bob@example.com" not in shown(officer, path)
        answer = officer.client.post(path, {"reason": "rights_request"})
        assert "bob@example.com" in answer.content.decode()
        event = AuditEvent.objects.filter(chain=cast.company.pk).latest("number")
        assert event.data == {"what": "address", "reason": "rights_request"}
        page = alice.get("/audit/", {"who": "staff"})
        assert "reason: To answer a rights request" in page.text

    def test_shows_nothing_when_it_cannot_be_recorded(
        self, cast: Cast, officer: Visitor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*args: Any, **kwargs: Any) -> None:
            raise RuntimeError("the trail is full")

        monkeypatch.setattr(audit, "record", broken)
        officer.client.raise_request_exception = False
        answer = officer.client.post(f"/admin/accounts/person/{cast.bob.pk}/unmask/", {"reason": "abuse"})
        assert answer.status_code == 500
        assert b"bob@example.com" not in answer.content


class TestFinding:
    FIND = "/admin/accounts/person/find/"

    def test_a_person_is_found_by_their_whole_address_which_no_url_carries(
        self, cast: Cast, officer: Visitor
    ) -> None:
        answer = officer.client.post(self.FIND, {"email": " Bob@Example.com "})
        assert answer["Location"] == f"/admin/accounts/person/{cast.bob.pk}/change/"
        assert 'method="post" action="/admin/accounts/person/find/"' in shown(
            officer, "/admin/accounts/person/"
        )

    @pytest.mark.parametrize(
        ("given", "mend"),
        [
            ("", "Enter an email address"),
            ("bob@", "Enter a whole email address"),
            ("zoe@example.org", "Nobody has this address"),
        ],
    )
    def test_what_is_not_found_is_named_and_kept(self, officer: Visitor, given: str, mend: str) -> None:
        page = officer.client.post(self.FIND, {"email": given}).content.decode()
        assert mend in page
        assert f'value="{given}"' in page or not given

    def test_only_who_may_see_people_looks_for_them(self, cast: Cast, staff: dict[str, Visitor]) -> None:
        for role, visitor in staff.items():
            status = visitor.client.post(self.FIND, {"email": "bob@example.com"}).status_code
            assert (status == 302) == (role in {"support", "privacy officer"}), role


class TestDesk:
    def test_what_waits_is_first_soonest_due_first_for_who_may_answer(
        self, cast: Cast, staff: dict[str, Visitor], officer: Visitor
    ) -> None:
        late, soon = received(cast.bob.pk), received(cast.vera.pk)
        RightsRequest.objects.filter(pk=late.pk).update(due_on=clock.today() - timedelta(days=1))
        page = shown(officer, "/admin/")
        assert page.index(late.reference) < page.index(soon.reference) < page.index("app-privacy")
        assert page.count("overdue") == 1
        assert "No hold is in force" in page
        assert "today’s run is not done" in page
        assert late.reference not in shown(staff["finance"], "/admin/")
        assert "today’s run is not done" in shown(staff["operator"], "/admin/")

    def test_says_so_when_nothing_waits(self, officer: Visitor) -> None:
        assert "No request is open." in shown(officer, "/admin/")


class TestRequests:
    def test_the_queue_is_by_due_date_and_hides_what_nobody_confirmed(
        self, cast: Cast, officer: Visitor
    ) -> None:
        found = received(cast.alice.pk)
        unconfirmed, _ = services.ask_as_visitor(kind="access", email="v@example.com", text="x")
        page = shown(officer, QUEUE)
        assert found.reference in page
        assert unconfirmed.reference not in page

    def test_words_stay_masked_until_a_reason_is_given(self, cast: Cast, officer: Visitor) -> None:
        found = received(cast.alice.pk)
        where = f"{QUEUE}{found.pk}/change/"
        page = shown(officer, where)
        assert "Ó Briain" not in page
        assert "a•••@example.com" in page
        assert "alice@example.com" not in page
        assert officer.post_on(f"{QUEUE}{found.pk}/open/", {"reason": "rights_request"}) == where
        page = shown(officer, where)
        for told in (
            "Ó Briain",
            "Alice",
            "alice@example.com",
            f"/admin/accounts/person/{cast.alice.pk}/change/",
        ):
            assert told in page
        (look,) = AuditEvent.objects.filter(event=audit.Event.STAFF_VIEWED, subject_id=found.pk)
        assert look.data["reason"] == "rights_request"

    def test_staff_take_it_answer_it_and_the_person_reads_it(
        self, cast: Cast, officer: Visitor, alice: Visitor
    ) -> None:
        found = received(cast.alice.pk)
        where = f"{QUEUE}{found.pk}/change/"
        me = Person.objects.get(email="privacy@example.com")
        assert "Nobody looks after it yet." in shown(officer, f"{QUEUE}{found.pk}/assign/")
        assert (
            "Choose somebody"
            in officer.client.post(f"{QUEUE}{found.pk}/assign/", {"to": cast.bob.pk}).content.decode()
        )
        assert officer.post_on(f"{QUEUE}{found.pk}/assign/", {"to": me.pk}) == where
        assert me.email in shown(officer, QUEUE)
        assert f"{me.email} looks after it now." in shown(officer, f"{QUEUE}{found.pk}/assign/")
        officer.post_on(f"{QUEUE}{found.pk}/open/", {"reason": "rights_request"})
        given = {"action": "answer", "ground": "", "text": "Corrected, Ms Ó Briain."}
        check = officer.client.post(where, given | {"step": "check"}).content.decode()
        assert "Corrected, Ms Ó Briain." in check
        assert RightsRequest.objects.get().state == "open"
        assert officer.post_on(where, given | {"step": "send"}) == where
        page = alice.get(f"/privacy/requests/{found.reference}/")
        assert "Corrected, Ms Ó Briain." in page.text
        assert "Somebody looks after it" in page.text

    def test_what_was_not_opened_is_not_answered(self, cast: Cast, officer: Visitor) -> None:
        found = received(cast.bob.pk, kind="erasure", text="")
        given = {"action": "answer", "text": "Done.", "step": "send"}
        assert officer.client.post(f"{QUEUE}{found.pk}/change/", given).status_code == 403
        assert RightsRequest.objects.get().state == "open"
        assert Person.objects.filter(pk=cast.bob.pk).exists()

    def test_an_answered_erasure_erases(self, cast: Cast, officer: Visitor) -> None:
        found = received(cast.bob.pk, kind="erasure", text="")
        officer.post_on(f"{QUEUE}{found.pk}/open/", {"reason": "rights_request"})
        officer.post_on(f"{QUEUE}{found.pk}/change/", {"action": "answer", "text": "Done.", "step": "send"})
        assert not Person.objects.filter(pk=cast.bob.pk).exists()

    def test_nonsense_is_not_found(self, officer: Visitor) -> None:
        assert officer.client.get(f"{QUEUE}nonsense/change/").status_code == 404


class TestCredit:
    GIVEN = {"amount": "25.50", "reference": "BANK-2026-00123"}

    def test_is_checked_and_booked_once(self, cast: Cast, finance: Visitor) -> None:
        path = f"/admin/accounts/account/{cast.company.pk}/credit/"
        assert "25.50" in finance.client.post(path, self.GIVEN | {"step": "check"}).content.decode()
        for _ in range(2):
            finance.post_on(path, self.GIVEN | {"step": "book"})
        with scope(cast.company.pk):
            assert LedgerEntry.objects.filter(reference="BANK-2026-00123").count() == 1
            assert Balance.objects.get(pk=cast.company.pk).amount >= 25

    def test_another_amount_under_the_same_reference_is_refused(self, cast: Cast, finance: Visitor) -> None:
        path = f"/admin/accounts/account/{cast.company.pk}/credit/"
        finance.post_on(path, self.GIVEN | {"step": "book"})
        answer = finance.client.post(path, self.GIVEN | {"amount": "26", "step": "book"})
        assert "used before for another amount" in answer.content.decode()

    @pytest.mark.parametrize("amount", ["0", "-5", "x", "1e9", ""])
    def test_an_amount_that_is_none_books_nothing(self, cast: Cast, finance: Visitor, amount: str) -> None:
        path = f"/admin/accounts/account/{cast.company.pk}/credit/"
        assert finance.client.post(path, self.GIVEN | {"amount": amount, "step": "book"}).status_code == 200
        with scope(cast.company.pk):
            assert not LedgerEntry.objects.exists()


class TestPolicy:
    LIST = "/admin/privacy/policyversion/"

    @pytest.fixture
    def draft(self, officer: Visitor) -> PolicyVersion:
        officer.post_on(f"{self.LIST}add/", self.given())
        return PolicyVersion.objects.get(number="2027-01")

    def given(self, **changes: Any) -> dict[str, Any]:
        usual = {"number": "2027-01", "language": "en", "text": "# New\n\nA text."}
        return {**usual, "effective_on": str(clock.today()), **changes}

    def publish(self, officer: Visitor, draft: PolicyVersion, step: str) -> Any:
        given = {"action": "publish", "_selected_action": [draft.pk], "step": step}
        return officer.client.post(self.LIST, given)

    def test_it_is_checked_first_and_fixed_afterwards(
        self, officer: Visitor, nobody: Visitor, draft: PolicyVersion
    ) -> None:
        asked = self.publish(officer, draft, "").content.decode()
        assert "never edited or deleted" in asked
        assert "Everybody who uses the portal" not in asked
        assert "A text." not in nobody.get("/policy/").text
        assert self.publish(officer, draft, "publish").status_code == 302
        nobody.get("/policy/2027-01/")
        assert AuditEvent.objects.filter(event="staff:policy:published").count() == 1
        path = f"{self.LIST}{draft.pk}/change/"
        assert officer.client.post(path, self.given(text="Changed")).status_code == 403
        assert PolicyVersion.objects.get(number="2027-01").text.startswith("# New")

    def test_twice_is_once(self, officer: Visitor, draft: PolicyVersion) -> None:
        for _ in range(2):
            self.publish(officer, draft, "publish")
        assert AuditEvent.objects.filter(event="staff:policy:published").count() == 1

    def test_a_material_change_says_who_is_told(self, officer: Visitor, draft: PolicyVersion) -> None:
        path = f"{self.LIST}{draft.pk}/change/"
        officer.post_on(path, self.given(material="on", changes="Shorter periods."))
        asked = self.publish(officer, draft, "").content.decode()
        assert "Everybody who uses the portal is told" in asked
        assert "Shorter periods." in asked

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"material": "on"}, "Say what changed"),
            ({"effective_on": "2026-01-01"}, "a day that is past"),
        ],
    )
    def test_what_would_not_be_true_is_not_published(
        self, officer: Visitor, draft: PolicyVersion, changes: dict[str, Any], said: str
    ) -> None:
        officer.post_on(f"{self.LIST}{draft.pk}/change/", self.given(**changes))
        for step in ("", "publish"):
            assert self.publish(officer, draft, step).status_code == 302
            assert said in shown(officer, self.LIST)
        assert PolicyVersion.objects.get(number="2027-01").published_at is None

    def test_the_list_bears_its_name(self, officer: Visitor) -> None:
        assert "<h1>Policy versions</h1>" in shown(officer, self.LIST)


def test_the_trail_is_verified_as_it_is_read(cast: Cast, officer: Visitor) -> None:
    found = AuditEvent.objects.filter(chain=cast.company.pk).latest("number")
    assert "The whole chain fits." in shown(officer, f"/admin/core/auditevent/{found.pk}/change/")
    assert str(cast.company.pk) in shown(officer, "/admin/core/auditevent/", {"q": str(cast.company.pk)})
