"""The disclosure desk: an order is recorded, assessed, granted as a hold, produced by two, and told (P-RET-9, P-RET-12)."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group
from django.core import mail

from accounts import staff_roles
from accounts.duty import services as duty
from messaging.preservation import capture
from paasoo_portal.core import audit, clock
from paasoo_portal.core.audit.models import AuditEvent
from privacy import keys
from privacy.cases.models import Case
from privacy.disclosure import extracts, services
from privacy.disclosure.models import Extract, ExtractState, Order, OrderState
from privacy.holds.models import LegalHold
from privacy.preservation import services as preservation
from tests.conftest import AsRole
from tests.pages.conftest import Cast, Send, enrol, person
from tests.pages.test_admin import shown
from tests.pages.visitor import Visitor
from tests.staff.test_holds import decide as decide_hold

pytestmark = pytest.mark.django_db(databases="__all__")
ADD = "/admin/privacy/order/add/"
Values = dict[str, Any]
NUMBER = "447700900101"


@pytest.fixture
def colleague(staff: dict[str, Visitor]) -> Visitor:
    """Another privacy officer."""
    someone = person("Second", is_staff=True)
    someone.groups.add(Group.objects.get(name=staff_roles.OFFICER))
    enrol(someone)
    duty.accept(someone.pk)
    return Visitor(someone)


@pytest.fixture
def order() -> Values:
    today = clock.today()
    return {
        "kind": "production",
        "authority": "Dublin District Court",
        "their_reference": "2026/117",
        "country": "ie",
        "legal_basis": "Criminal Justice Act 2011, s. 15",
        "asked": "All messages of the number in May.",
        "received_on": today.isoformat(),
        "answer_by": (today + timedelta(days=10)).isoformat(),
        "silent_until": "",
    }


@pytest.fixture
def scope_(cast: Cast) -> Values:
    return {
        "scope": "number",
        "account_id": str(cast.company.pk),
        "number": NUMBER,
        "classes": ["1", "2"],
        "first_day": (clock.today() - timedelta(days=7)).isoformat(),
        "last_day": clock.today().isoformat(),
        "granted": "The number's messages of the days named; nothing of other numbers.",
    }


VALID = {"validity": "valid", "transfer": "inside", "assessment": "Signed by the judge."}


def recorded(officer: Visitor, values: Values) -> Order:
    assert officer.client.post(ADD, values).status_code == 302
    return Order.objects.latest("recorded_at")


def page_of(found: Order) -> str:
    return f"/admin/privacy/order/{found.pk}/change/"


def do(officer: Visitor, found: Order, act: str, values: Values | None = None) -> Order:
    """Check page, then the deed."""
    given = {"act": act, **(values or {})}
    assert officer.client.post(page_of(found), given | {"step": "check"}).status_code == 200
    officer.client.post(page_of(found), given | {"step": "do"})
    found.refresh_from_db()
    return found


def granted(officer: Visitor, colleague: Visitor, order: Values, scope_: Values) -> Order:
    found = recorded(officer, order)
    do(officer, found, "assess", VALID)
    do(officer, found, "grant", scope_)
    hold = LegalHold.objects.get(pk=found.hold_id)
    assert decide_hold(colleague, hold, "confirm").confirmed_at is not None
    return found


def copy(as_role: AsRole) -> None:
    keys.forget()
    with as_role("worker"):
        for alias in ("ie", "sg"):
            preservation.reconcile(alias)
            capture.capture(alias=alias, account_id=None)


def produced(officer: Visitor, found: Order, as_role: AsRole) -> Extract:
    copy(as_role)
    do(officer, found, "prepare")
    made = Extract.objects.get(order_id=found.pk)
    keys.forget()
    with as_role("worker"):
        extracts.make(made.pk)
    made.refresh_from_db()
    assert made.state == ExtractState.READY
    return made


def extract_page(made: Extract) -> str:
    return f"/admin/privacy/extract/{made.pk}/change/"


def fetch(visitor: Visitor, made: Extract) -> Any:
    visitor.confirm_recently()
    return visitor.client.post(f"/admin/privacy/extract/{made.pk}/fetch/")


def records_of(body: bytes) -> list[dict[str, Any]]:
    """What the handed-over file holds; its manifest agrees."""
    archive = zipfile.ZipFile(io.BytesIO(body))
    manifest = json.loads(archive.read("manifest.json"))
    found = [archive.read(one["file"]).splitlines() for one in manifest]
    assert [len(lines) for lines in found] == [one["records"] for one in manifest]
    return [json.loads(line) for lines in found for line in lines]


def test_a_production_order_from_its_receipt_to_the_file_and_the_word_to_the_customer(
    officer: Visitor,
    colleague: Visitor,
    alice: Visitor,
    cast: Cast,
    order: Values,
    scope_: Values,
    send: Send,
    as_role: AsRole,
    django_capture_on_commit_callbacks: Any,
) -> None:
    wanted = send(NUMBER, text="The parcel is at the harbour")
    send("447700900102", text="Another number")
    found = granted(officer, colleague, order, scope_)
    assert found.state == OrderState.GRANTED
    made = produced(officer, found, as_role)
    officer.client.post(extract_page(made), {"step": "release"})
    made.refresh_from_db()
    assert made.state == ExtractState.READY, "not by who prepared it"
    assert fetch(officer, made).status_code == 302, "not before it is released"
    assert (
        "holds no more than that"
        in colleague.client.post(extract_page(made), {"step": "check"}).content.decode()
    )
    colleague.client.post(extract_page(made), {"step": "release"})
    with django_capture_on_commit_callbacks(execute=True):
        lines = records_of(b"".join(fetch(officer, made).streaming_content))
    assert [(one["message"], one["number"], one["text"]) for one in lines] == [
        (str(wanted.id), NUMBER, "The parcel is at the harbour")
    ]
    assert fetch(officer, made).status_code == 302, "once"
    assert not extracts.path_of(made.pk).exists()
    found.refresh_from_db()
    assert found.state == OrderState.ANSWERED
    assert found.told_at is not None
    assert "Dublin District Court" in mail.outbox[-1].body
    assert NUMBER not in mail.outbox[-1].body
    page = alice.get("/retention/exceptions/")
    assert "An authority’s order" in page.text
    assert "Dublin District Court, 2026/117" in page.text
    assert "handed over" in alice.get("/audit/", {"who": "staff"}).text
    assert "answered" in alice.get("/audit/").text


def test_while_telling_is_forbidden_the_customer_sees_nothing_and_is_told_when_the_ban_ends(
    officer: Visitor,
    colleague: Visitor,
    alice: Visitor,
    cast: Cast,
    order: Values,
    scope_: Values,
    send: Send,
    as_role: AsRole,
) -> None:
    send(NUMBER)
    pages = ("/retention/", "/retention/exceptions/", "/audit/", "/privacy/")
    before = {path: alice.get(path).text for path in pages}
    until = (clock.today() + timedelta(days=30)).isoformat()
    found = granted(officer, colleague, order | {"silent": "on", "silent_until": until}, scope_)
    made = produced(officer, found, as_role)
    colleague.client.post(extract_page(made), {"step": "release"})
    assert b"".join(fetch(colleague, made).streaming_content)
    found.refresh_from_db()
    assert (found.state, found.told_at) == (OrderState.ANSWERED, None)
    assert {path: alice.get(path).text for path in pages} == before
    with as_role("worker"):
        assert services.lift_due() == 0
        with clock.travel(by=timedelta(days=30)):
            assert services.lift_due() == 1
            assert services.lift_due() == 0
    found.refresh_from_db()
    assert found.told_at is not None
    assert "An authority’s order" in alice.get("/retention/exceptions/").text
    assert "Under a legal hold" in alice.get("/retention/").text


def test_an_authority_outside_the_eea_is_answered_under_an_agreement_alone(
    officer: Visitor, order: Values, scope_: Values
) -> None:
    found = recorded(officer, order | {"country": "us"})
    refused = officer.client.post(page_of(found), {"act": "assess", "step": "do", **VALID})
    assert "outside the EEA" in refused.content.decode()
    do(officer, found, "assess", VALID | {"transfer": "none", "assessment": "Referred to the treaty."})
    do(officer, found, "grant", scope_)
    assert not LegalHold.objects.exists()
    with pytest.raises(services.NeedsAgreement):
        services.grant(
            found.pk, scope="account", account_id=UUID(scope_["account_id"]), person_id=None, number="",
            classes=[1], first_day=clock.today(), last_day=None, granted="x", by_id=found.recorded_by_id,  # type: ignore[arg-type]
        )  # fmt: skip
    do(officer, found, "assess", VALID | {"transfer": "agreement", "assessment": "Treaty of 2001."})
    do(officer, found, "grant", scope_)
    assert LegalHold.objects.get().secret is False


def test_an_order_that_is_not_valid_is_refused_with_its_reason(
    officer: Visitor, order: Values, scope_: Values
) -> None:
    found = recorded(officer, order)
    do(officer, found, "grant", scope_)
    assert found.state == OrderState.RECEIVED, "not before it is assessed"
    do(officer, found, "assess", VALID | {"validity": "invalid"})
    do(officer, found, "grant", scope_)
    assert not LegalHold.objects.exists()
    do(officer, found, "refuse", {"granted": "Not signed; sent back."})
    assert (found.state, found.closed_at is not None) == (OrderState.REFUSED, True)
    assert "Not signed" in shown(officer, page_of(found))
    do(officer, found, "assess", VALID)
    assert found.validity == "invalid", "closed"


def test_nothing_is_produced_before_a_second_officer_confirmed_the_hold(
    officer: Visitor, order: Values, scope_: Values
) -> None:
    found = recorded(officer, order)
    do(officer, found, "assess", VALID)
    do(officer, found, "grant", scope_)
    assert "Prepare the extract" not in shown(officer, page_of(found))
    with pytest.raises(services.OrderRefused):
        services.prepare(found.pk, by_id=found.recorded_by_id)  # type: ignore[arg-type]


def test_a_released_hold_takes_the_unfetched_extract_along(
    officer: Visitor, colleague: Visitor, order: Values, scope_: Values, send: Send, as_role: AsRole
) -> None:
    send(NUMBER)
    found = granted(officer, colleague, order, scope_)
    made = produced(officer, found, as_role)
    colleague.client.post(extract_page(made), {"step": "release"})
    assert extracts.path_of(made.pk).exists()
    LegalHold.objects.update(released_at=clock.now())
    with as_role("worker"):
        preservation.reconcile("sg")
    made.refresh_from_db()
    assert (made.state, bytes(made.key)) == (ExtractState.OVER, b"")
    assert not extracts.path_of(made.pk).exists()
    assert fetch(colleague, made).status_code == 302


def test_what_nobody_fetches_is_gone_in_a_week(
    officer: Visitor, colleague: Visitor, order: Values, scope_: Values, send: Send, as_role: AsRole
) -> None:
    send(NUMBER)
    made = produced(officer, granted(officer, colleague, order, scope_), as_role)
    with clock.travel(by=timedelta(days=7)), as_role("worker"):
        assert extracts.forget() == 1
    made.refresh_from_db()
    assert made.state == ExtractState.OVER
    assert not extracts.path_of(made.pk).exists()


def test_support_gets_the_extract_of_its_case_once_an_officer_released_it(
    staff: dict[str, Visitor], officer: Visitor, alice: Visitor, cast: Cast, send: Send, as_role: AsRole
) -> None:
    send(NUMBER, text="Win a prize")
    support = staff["support"]
    given = {
        "kind": "spam",
        "account_id": str(cast.company.pk),
        "first_day": clock.today().isoformat(),
        "last_day": clock.today().isoformat(),
        "with_number": "on",
        "with_content": "on",
        "reason": "complaint",
    }
    support.client.post("/admin/privacy/case/add/", given | {"step": "open"})
    case = Case.objects.get()
    copy(as_role)
    support.client.post(f"/admin/privacy/case/{case.pk}/change/", {"step": "prepare"})
    made = Extract.objects.get()
    keys.forget()
    with as_role("worker"):
        extracts.make(made.pk)
    assert support.client.post(extract_page(made), {"step": "release"}).status_code == 403
    officer.client.post(extract_page(made), {"step": "release"})
    assert fetch(staff["finance"], made).status_code == 403
    body = b"".join(fetch(support, made).streaming_content)
    assert [one["text"] for one in records_of(body)] == ["Win a prize"]
    assert "handed over" in alice.get("/audit/", {"who": "staff"}).text


def test_support_sees_no_extract_of_an_order(
    staff: dict[str, Visitor],
    officer: Visitor,
    colleague: Visitor,
    order: Values,
    scope_: Values,
    send: Send,
    as_role: AsRole,
) -> None:
    send(NUMBER)
    made = produced(officer, granted(officer, colleague, order, scope_), as_role)
    assert staff["support"].client.get(extract_page(made)).status_code == 404
    assert str(made.pk) not in shown(staff["support"], "/admin/privacy/extract/")
    for role in ("support", "finance", "operator"):
        assert staff[role].client.get("/admin/privacy/order/").status_code == 403, role


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "wish"},
        {"country": "Ireland"},
        {"received_on": "2999-01-01"},
        {"answer_by": "2001-01-01"},
        {"legal_basis": ""},
        {"asked": ""},
    ],
    ids=str,
)
def test_what_is_missing_is_said(officer: Visitor, order: Values, bad: Values) -> None:
    answer = officer.client.post(ADD, order | bad)
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not Order.objects.exists()


def test_every_step_stands_in_the_staff_trail(
    officer: Visitor, colleague: Visitor, order: Values, scope_: Values
) -> None:
    found = granted(officer, colleague, order, scope_)
    events = set(AuditEvent.objects.filter(subject_id=found.pk).values_list("event", flat=True))
    assert events == {
        audit.Event.ORDER_RECORDED,
        audit.Event.ORDER_ASSESSED,
        audit.Event.ORDER_GRANTED,
    }
    assert audit.verify(UUID(int=0)) is None
