"""An order and the legal hold that is to answer it: nobody is told before two officers have decided (P-RET-9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.core import mail
from django.db import connections

from accounts.erasure.services import erase_person
from paasoo_portal.core import audit, clock
from paasoo_portal.core.audit.models import AuditEvent
from privacy.disclosure.models import OrderState
from privacy.holds import services as holds
from privacy.holds.models import LegalHold
from tests.conftest import AsRole
from tests.pages.conftest import Cast
from tests.pages.test_admin import shown
from tests.pages.visitor import Visitor
from tests.staff.test_holds import decide as decide_hold
from tests.staff.test_orders import VALID, Values, colleague, do, order, page_of, recorded, scope_

__all__ = ["colleague", "order", "scope_"]
pytestmark = pytest.mark.django_db(databases="__all__")


def test_a_preservation_order_is_answered_by_its_hold_once_that_is_confirmed(
    officer: Visitor, colleague: Visitor, order: Values, scope_: Values, alice: Visitor
) -> None:
    found = recorded(officer, order | {"kind": "preservation"})
    do(officer, found, "assess", VALID)
    do(officer, found, "grant", scope_)
    assert found.state == OrderState.GRANTED
    assert found.told_at is None
    assert "Another officer has to confirm the legal hold" in shown(officer, page_of(found))
    assert "preserve what it asks" not in alice.get("/retention/exceptions/").text
    hold = LegalHold.objects.get()
    assert hold.copied
    decide_hold(colleague, hold, "confirm")
    found.refresh_from_db()
    assert found.state == OrderState.ANSWERED
    assert found.told_at is not None
    assert "preserve what it asks" in alice.get("/retention/exceptions/").text
    assert len(AuditEvent.objects.filter(event=audit.Event.ORDER_TOLD)) == 1


@pytest.mark.parametrize("kind", ["preservation", "production"])
@pytest.mark.parametrize("way", ["turned down", "lapsed"])
def test_an_order_whose_hold_comes_to_nothing_is_decided_anew_and_nobody_was_told(
    officer: Visitor,
    colleague: Visitor,
    order: Values,
    scope_: Values,
    alice: Visitor,
    as_role: AsRole,
    kind: str,
    way: str,
) -> None:
    found = recorded(officer, order | {"kind": kind})
    do(officer, found, "assess", VALID)
    do(officer, found, "grant", scope_)
    hold = LegalHold.objects.get()
    if way == "turned down":
        decide_hold(colleague, hold, "release")
    else:
        with as_role("worker"), clock.travel(by=timedelta(days=4)):
            assert holds.lapse() == 1
    found.refresh_from_db()
    assert (found.state, found.hold_id, found.told_at, found.granted) == (OrderState.RECEIVED, None, None, "")
    assert AuditEvent.objects.filter(event=audit.Event.ORDER_REOPENED, subject_id=found.pk).exists()
    assert "preserve what it asks" not in alice.get("/retention/exceptions/").text
    assert not mail.outbox
    do(officer, found, "grant", scope_)
    assert found.state == OrderState.GRANTED
    again = LegalHold.objects.get(released_at=None)
    assert decide_hold(colleague, again, "confirm").confirmed_at is not None


def test_a_person_is_told_of_an_order_about_them(
    officer: Visitor,
    colleague: Visitor,
    cast: Cast,
    order: Values,
    scope_: Values,
    django_capture_on_commit_callbacks: Any,
) -> None:
    found = recorded(officer, order | {"kind": "preservation"})
    do(officer, found, "assess", VALID)
    about = {"scope": "person", "account_id": "", "number": "", "person_id": str(cast.bob.pk)}
    do(officer, found, "grant", scope_ | about)
    with django_capture_on_commit_callbacks(execute=True):
        decide_hold(colleague, LegalHold.objects.get(), "confirm")
    [letter] = mail.outbox
    assert letter.to == ["bob@example.com"]
    assert "data about you" in letter.body
    assert "2026/117" in letter.body


def test_of_an_order_about_somebody_who_was_erased_meanwhile_nobody_is_said_to_be_told(
    officer: Visitor, colleague: Visitor, cast: Cast, order: Values, scope_: Values
) -> None:
    found = recorded(officer, order | {"kind": "preservation"})
    do(officer, found, "assess", VALID)
    about = {"scope": "person", "account_id": "", "number": "", "person_id": str(cast.bob.pk)}
    do(officer, found, "grant", scope_ | about)
    assert erase_person(cast.bob.pk, by_id=cast.bob.pk, by_kind="person")
    decide_hold(colleague, LegalHold.objects.get(), "confirm")
    found.refresh_from_db()
    assert (found.state, found.told_at) == (OrderState.ANSWERED, None)
    assert not AuditEvent.objects.filter(event=audit.Event.ORDER_TOLD).exists()


def test_of_two_who_grant_at_once_one_places_the_hold(
    officer: Visitor, order: Values, scope_: Values
) -> None:
    found = recorded(officer, order)
    do(officer, found, "assess", VALID)
    psycopg_url = connections["default"].get_connection_params()
    with psycopg.connect(**{name: psycopg_url[name] for name in ("dbname", "host", "user")}) as another:
        another.execute("SELECT pg_advisory_lock(%s)", [int.from_bytes(found.pk.bytes[8:], signed=True)])
        do(officer, found, "grant", scope_)
        assert not LegalHold.objects.exists()
        assert found.state == OrderState.RECEIVED
    do(officer, found, "grant", scope_)
    assert LegalHold.objects.count() == 1
