"""Named exceptions in the staff pages: opened within their rule, told to the customer, extended once, ended early (P-RET-8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from messaging.erasure.services import erase_messages
from messaging.messages.models import Message
from messaging.messages.states import State
from messaging.preservation import capture, reading
from paasoo_portal.core import audit, clock
from paasoo_portal.core.audit.models import AuditEvent
from paasoo_portal.core.tenancy import scope, system_scope
from privacy import keys
from privacy.cases import register, services
from privacy.cases.models import Case, CaseRule, Kind
from privacy.preservation import services as preservation
from tests.conftest import AsRole
from tests.pages.conftest import Cast, Send
from tests.pages.test_admin import shown
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")
ADD = "/admin/privacy/case/add/"
Values = dict[str, Any]


@pytest.fixture
def support(staff: dict[str, Visitor]) -> Visitor:
    return staff["support"]


@pytest.fixture
def values(cast: Cast) -> Values:
    today = clock.today()
    return {
        "kind": "spam",
        "account_id": str(cast.company.pk),
        "number": "",
        "first_day": (today - timedelta(days=7)).isoformat(),
        "last_day": today.isoformat(),
        "with_number": "on",
        "with_content": "on",
        "reason": "A carrier complains of our sender.",
    }


def open_(visitor: Visitor, values: Values) -> Case:
    check = visitor.client.post(ADD, values | {"step": "check"})
    assert "messages at most" in check.content.decode()
    answer = visitor.client.post(ADD, values | {"step": "open"})
    assert answer.status_code == 302, answer.content.decode()
    return Case.objects.latest("opened_at")


def page_of(found: Case) -> str:
    return f"/admin/privacy/case/{found.pk}/change/"


def copied(found: Case, as_role: AsRole) -> set[Any]:
    keys.forget()
    with as_role("worker"):
        preservation.reconcile("sg")
        capture.capture(alias="sg", account_id=None)
        with system_scope("test", using=("sg",)):
            return {one["message"] for one in reading.copies("sg", found.pk)}


def test_copies_are_made_and_the_customer_is_told_what_for_how_many_and_until_when(
    support: Visitor, alice: Visitor, values: Values, send: Send, as_role: AsRole
) -> None:
    sent = {send().id, send().id}
    found = open_(support, values)
    assert found.ends_on == clock.today() + timedelta(days=30)
    assert copied(found, as_role) == sent
    page = alice.get("/retention/exceptions/")
    for told in ("Copies under a named exception", "What forSpam", "Messages2", "Erased on"):
        assert told in page.text, told
    assert "A carrier complains" not in page.text
    assert "Copies of messages, 2: Spam" in alice.get("/privacy/close-account/").text
    assert "Copies kept under a named exception" in alice.get("/audit/", {"who": "staff"}).text
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(c)::text FROM privacy_case c")
        assert "carrier complains" not in cursor.fetchone()[0]


def test_an_erasure_neither_waits_nor_reaches_less_and_names_the_exception(
    support: Visitor, cast: Cast, values: Values, send: Send, as_role: AsRole
) -> None:
    sent = send()
    found = open_(support, values)
    assert copied(found, as_role) == {sent.id}
    with scope(cast.company.pk, using=["sg"]):
        Message.objects.using("sg").update(state=int(State.DELIVERED))
    assert erase_messages("sg", cast.company.pk, [sent.id], actor_id=None, actor_kind="system") == [sent.id]
    with scope(cast.company.pk, using=["sg"]):
        assert not Message.objects.using("sg").exists()
    assert copied(found, as_role) == {sent.id}
    assert [one.pk for one in register.shown(cast.company.pk)] == [found.pk]


@pytest.mark.parametrize("kind", Kind.values)
def test_of_every_kind_the_copies_are_unreadable_once_its_rule_ends(
    officer: Visitor, values: Values, send: Send, as_role: AsRole, kind: str
) -> None:
    send()
    rule = register.rule_of(kind)
    given = values | {"kind": kind, "with_content": "on" if rule.with_content else ""}
    found = open_(officer, given)
    assert copied(found, as_role)
    with clock.travel(by=timedelta(days=rule.days)):
        keys.forget()
        with as_role("worker"), system_scope("test", using=("sg",)), pytest.raises(keys.Erased):
            list(reading.copies("sg", found.pk))
        assert not found.is_open
        with pytest.raises(services.Over):
            services.extend(found.pk, reason="late", by_id=found.opened_by_id)  # type: ignore[arg-type]
        assert copied(found, as_role) == set()


def test_it_is_extended_once_with_a_reason(
    support: Visitor, alice: Visitor, values: Values, as_role: AsRole
) -> None:
    found = open_(support, values)
    ends_on = found.ends_on
    assert (
        "errorlist" in support.client.post(page_of(found), {"step": "extend", "reason": ""}).content.decode()
    )
    asked = support.client.post(page_of(found), {"step": "check_extend", "reason": "They asked for more."})
    assert "cannot be extended again" in asked.content.decode()
    for _ in range(2):
        support.client.post(page_of(found), {"step": "extend", "reason": "They asked for more."})
        found.refresh_from_db()
        assert found.ends_on == ends_on + timedelta(days=30)
    assert AuditEvent.objects.filter(event=audit.Event.CASE_EXTENDED, subject_id=found.pk).count() == 1
    copied(found, as_role)
    assert "They asked for more." in shown(support, page_of(found))


def test_closing_lets_the_copies_die_at_once(
    support: Visitor, alice: Visitor, values: Values, send: Send, as_role: AsRole
) -> None:
    send()
    found = open_(support, values)
    assert copied(found, as_role)
    assert "die at once" in support.client.post(page_of(found), {"step": "check_close"}).content.decode()
    for _ in range(2):
        assert support.client.post(page_of(found), {"step": "close"}).status_code == 302
    assert copied(found, as_role) == set()
    assert "Copies under a named exception" not in alice.get("/retention/exceptions/").text
    assert AuditEvent.objects.filter(event=audit.Event.CASE_CLOSED, subject_id=found.pk).count() == 1


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "billing"},
        {"kind": "fraud"},
        {"kind": "curiosity"},
        {"account_id": "00000000-0000-4000-8000-000000000000"},
        {"first_day": "2020-01-01"},
        {"last_day": "2999-01-01"},
        {"first_day": "2999-01-01", "last_day": "2020-01-01"},
        {"number": "12"},
        {"reason": ""},
    ],
    ids=str,
)
def test_what_the_rule_does_not_allow_is_refused(support: Visitor, values: Values, bad: Values) -> None:
    """Content for billing, an officer's kind by support, days without end, or nothing said."""
    answer = support.client.post(ADD, values | bad | {"step": "open"})
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not Case.objects.exists()


def test_a_rule_is_data_and_a_case_keeps_the_one_it_was_opened_under(
    officer: Visitor, support: Visitor, values: Values
) -> None:
    earlier = open_(support, values)
    rule = register.rule_of("spam")
    CaseRule.objects.create(
        kind="spam", days=7, extension_days=0, with_number=True, with_content=False, most=10,
        officer_only=False, effective_on=clock.today(), reason="shorter",
    )  # fmt: skip
    earlier.refresh_from_db()
    assert earlier.ends_on == clock.today() + timedelta(days=rule.days)
    later = open_(support, values | {"with_content": ""})
    assert later.ends_on == clock.today() + timedelta(days=7)
    assert "Extend" not in shown(support, page_of(later))
    assert support.client.post(ADD, values | {"step": "open"}).status_code == 200, "content no longer"


def test_nobody_else_sees_or_opens_one(staff: dict[str, Visitor], support: Visitor, values: Values) -> None:
    found = open_(support, values)
    for role in ("finance", "operator"):
        for path in (ADD, page_of(found), "/admin/privacy/case/"):
            assert staff[role].client.get(path).status_code == 403, (role, path)
            assert staff[role].client.post(path, values | {"step": "close"}).status_code == 403, (role, path)
    found.refresh_from_db()
    assert found.closed_at is None
