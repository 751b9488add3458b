"""Legal holds in the staff pages: placed and released by the privacy officer in two steps, and shown to the customer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from paasoo_portal.core import audit, clock
from paasoo_portal.core.audit.models import AuditEvent
from privacy.holds.models import LegalHold
from privacy.keys.models import DataClass
from tests.pages.conftest import Cast, Send
from tests.pages.test_admin import shown
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")
ADD = "/admin/privacy/legalhold/add/"


@pytest.fixture
def values(cast: Cast) -> dict[str, object]:
    today = clock.today()
    return {
        "account_id": str(cast.company.pk),
        "classes": [str(int(DataClass.CONTENT))],
        "first_day": (today - timedelta(days=30)).isoformat(),
        "last_day": "",
        "authority": "Dublin District Court",
        "reference": "2026/117",
        "review_on": (today + timedelta(days=90)).isoformat(),
    }


def place(officer: Visitor, values: dict[str, object]) -> LegalHold:
    answer = officer.client.post(ADD, values | {"step": "place"})
    assert answer.status_code == 302
    return LegalHold.objects.get()


def test_the_officer_checks_then_places_and_the_customer_sees_it(
    officer: Visitor, alice: Visitor, cast: Cast, values: dict[str, object]
) -> None:
    assert str(cast.company.pk) in shown(officer, f"{ADD}?account={cast.company.pk}")
    check = officer.client.post(ADD, values | {"step": "check"}).content.decode()
    assert "Dublin District Court" in check
    assert "nobody reads it" in check
    assert not LegalHold.objects.exists(), "a check page places nothing"
    place(officer, values)
    page = alice.get("/retention/")
    assert "Under a legal hold" in page.text
    assert "Dublin District Court, 2026/117" in page.text
    assert "Legal hold placed" in alice.get("/audit/", {"who": "staff"}).text


def test_release_takes_two_steps_and_is_recorded(
    officer: Visitor, alice: Visitor, cast: Cast, values: dict[str, object]
) -> None:
    found = place(officer, values)
    where = f"/admin/privacy/legalhold/{found.pk}/change/"
    assert "Release the hold" in shown(officer, where)
    assert "cannot be undone" in officer.client.post(where, {"step": "check"}).content.decode()
    found.refresh_from_db()
    assert found.released_at is None
    for _ in range(2):
        assert officer.client.post(where, {"step": "release"}).status_code == 302
    found.refresh_from_db()
    assert found.released_at is not None
    told = AuditEvent.objects.filter(chain=cast.company.pk, event=audit.Event.HOLD_RELEASED)
    assert told.count() == 1, "released twice, recorded once"
    assert "Under a legal hold" not in alice.get("/retention/").text


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("account_id", "nonsense"),
        ("account_id", "00000000-0000-4000-8000-000000000000"),
        ("classes", []),
        ("classes", ["9"]),
        ("first_day", "31/31/2026"),
        ("last_day", "2001-01-01"),
        ("authority", ""),
        ("authority", "x" * 201),
        ("reference", ""),
        ("review_on", "2020-01-01"),
        ("review_on", "2999-01-01"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    officer: Visitor, values: dict[str, object], field: str, bad: object
) -> None:
    for step in ("check", "place"):
        answer = officer.client.post(ADD, values | {field: bad, "step": step})
        assert answer.status_code == 200
        assert "errorlist" in answer.content.decode()
        if field != "reference":
            assert "2026/117" in answer.content.decode()
    assert not LegalHold.objects.exists()


def test_nobody_else_sees_or_places_one(
    staff: dict[str, Visitor], officer: Visitor, values: dict[str, object]
) -> None:
    found = place(officer, values)
    for role, visitor in staff.items():
        if visitor is officer:
            continue
        for path in (ADD, f"/admin/privacy/legalhold/{found.pk}/change/", "/admin/privacy/legalhold/"):
            assert visitor.client.get(path).status_code == 403, (role, path)
            assert visitor.client.post(path, values | {"step": "place"}).status_code in {403, 405}, role
    assert LegalHold.objects.count() == 1


def test_a_held_message_is_not_erased_by_the_customer(
    officer: Visitor, alice: Visitor, cast: Cast, values: dict[str, object], send: Send
) -> None:
    message = send()
    place(officer, values)
    page = alice.get(f"/messages/sg/{message.id}/")
    assert "legal hold" in page.text
