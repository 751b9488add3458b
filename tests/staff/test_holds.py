"""Legal holds in the staff pages: placed and released by two officers, and shown to the customer unless they are secret."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.contrib.auth.models import Group
from django.db import connection
from django.urls import reverse

from accounts import staff_roles
from accounts.duty import services as duty
from accounts.erasure.services import erase_person
from accounts.models import Membership, Person
from accounts.teams.members import remove_member
from paasoo_portal.core import audit, clock
from paasoo_portal.core.audit.models import AuditEvent
from paasoo_portal.core.tenancy import scope, system_scope
from privacy.consent.models import ConsentRecord, Decision, How
from privacy.floors.models import StatutoryFloor
from privacy.holds import locks, services
from privacy.holds.models import LegalHold
from privacy.keys.models import DataClass
from privacy.preservation import people
from privacy.preservation import services as preservation
from privacy.preservation.models import Preservation, PreservedPerson
from privacy.retention import rows
from tests.conftest import AsRole
from tests.pages.conftest import Cast, Send, enrol, person
from tests.pages.test_admin import shown
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")
ADD = "/admin/privacy/legalhold/add/"


@pytest.fixture
def colleague(staff: dict[str, Visitor]) -> Visitor:
    """Another privacy officer."""
    someone = person("Second", is_staff=True)
    someone.groups.add(Group.objects.get(name=staff_roles.OFFICER))
    enrol(someone)
    duty.accept(someone.pk)
    return Visitor(someone)


@pytest.fixture
def values(cast: Cast) -> dict[str, object]:
    today = clock.today()
    return {
        "scope": "account",
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
    return LegalHold.objects.latest("placed_at")


def test_the_officer_checks_then_places_and_the_customer_sees_it(
    officer: Visitor, alice: Visitor, cast: Cast, values: dict[str, object]
) -> None:
    assert str(cast.company.pk) in shown(officer, f"{ADD}?account={cast.company.pk}")
    check = officer.client.post(ADD, values | {"step": "check"}).content.decode()
    assert "Dublin District Court" in check
    assert "nobody reads it" in check
    assert not LegalHold.objects.exists(), "a check page places nothing"
    place(officer, values)
    place(officer, values | {"reference": "2026/118"})
    page = alice.get("/retention/")
    assert page.text.count("Under a legal hold") == 2
    for reference in ("2026/117", "2026/118"):
        assert f"Dublin District Court, {reference}" in page.text
    assert "Legal hold placed" in alice.get("/audit/", {"who": "staff"}).text


def page_of(found: LegalHold) -> str:
    return f"/admin/privacy/legalhold/{found.pk}/change/"


def decide(officer: Visitor, found: LegalHold, act: str) -> LegalHold:
    """Look at the check page, then do it."""
    asked = officer.client.post(page_of(found), {"step": "check", "act": act})
    assert asked.status_code == 200
    assert officer.client.post(page_of(found), {"step": "do", "act": act}).status_code == 302
    found.refresh_from_db()
    return found


def test_it_takes_two_to_place_and_two_to_release(
    officer: Visitor, colleague: Visitor, alice: Visitor, cast: Cast, values: dict[str, object]
) -> None:
    found = place(officer, values)
    assert "It takes two" in shown(officer, page_of(found))
    assert decide(officer, found, "confirm").confirmed_at is None, "not by the same officer"
    assert "Confirm the hold" in shown(colleague, page_of(found))
    assert decide(colleague, found, "confirm").confirmed_at is not None
    assert decide(colleague, found, "release").released_at is None, "nobody has proposed it"
    assert decide(officer, found, "propose").release_asked_at is not None
    assert decide(officer, found, "release").released_at is None, "not by the same officer"
    assert decide(colleague, found, "keep").release_asked_at is None
    decide(colleague, found, "propose")
    assert (
        "cannot be undone"
        in officer.client.post(page_of(found), {"step": "check", "act": "release"}).content.decode()
    )
    assert decide(officer, found, "release").released_at is not None
    decide(officer, found, "release")
    told = AuditEvent.objects.filter(chain=cast.company.pk, event=audit.Event.HOLD_RELEASED)
    assert told.count() == 1, "released twice, recorded once"
    assert "Under a legal hold" not in alice.get("/retention/").text


def test_a_proposal_lapses_after_72_hours_and_a_confirmed_hold_does_not(
    officer: Visitor, colleague: Visitor, values: dict[str, object], as_role: AsRole
) -> None:
    proposed, confirmed = place(officer, values), place(officer, values | {"reference": "2026/118"})
    decide(colleague, confirmed, "confirm")
    with as_role("worker"):
        with clock.travel(by=timedelta(hours=71)):
            assert services.lapse() == 0
        with clock.travel(by=timedelta(hours=73)):
            assert services.lapse() == 1
            assert services.lapse() == 0
    proposed.refresh_from_db()
    confirmed.refresh_from_db()
    assert proposed.lapsed
    assert proposed.released_at is not None
    assert confirmed.released_at is None
    assert AuditEvent.objects.filter(event=audit.Event.HOLD_LAPSED, subject_id=proposed.pk).exists()


def test_a_second_officer_may_turn_a_proposal_down(
    officer: Visitor, colleague: Visitor, values: dict[str, object]
) -> None:
    found = place(officer, values)
    assert decide(officer, found, "reject").released_at is None
    assert decide(colleague, found, "reject").released_at is not None


def test_a_hold_on_a_number_shows_it_masked_and_stores_it_sealed(
    officer: Visitor, alice: Visitor, values: dict[str, object], send: Send
) -> None:
    given = values | {"scope": "number", "number": "+44 7700 900101"}
    sent = send("447700900101")
    check = officer.client.post(ADD, given | {"step": "check"}).content.decode()
    assert "+44••••••••01" in check
    found = place(officer, given)
    assert found.number == "447700900101"
    page = shown(officer, page_of(found)) + shown(officer, "/admin/privacy/legalhold/")
    assert "+44••••••••01" in page
    assert "447700900101" not in page
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(h)::text FROM privacy_legalhold h")
        stored = cursor.fetchone()[0]
    assert "447700900101" not in stored
    assert b"447700900101".hex() not in stored
    for alias in ("sg", "ie"):
        with scope(found.account_id, using=[alias]):  # type: ignore[arg-type]
            assert Preservation.objects.using(alias).filter(pk=found.pk).exists()
    assert "copies" in alice.get("/retention/").text
    assert alice.get(f"/messages/sg/{sent.id}/").text.count("legal hold") == 0, (
        "its own data go as instructed"
    )


def test_a_secret_hold_shows_nowhere_but_in_the_staff_trail(
    officer: Visitor, alice: Visitor, cast: Cast, values: dict[str, object], send: Send
) -> None:
    sent = send()
    pages = (
        "/retention/",
        "/audit/",
        reverse("certificates"),
        "/privacy/",
        f"/messages/sg/{sent.id}/",
        reverse("account_close"),
    )
    before = {path: alice.get(path).text for path in pages}
    for scope_, more in (("account", {}), ("number", {"number": "447700900123"})):
        found = place(officer, values | {"scope": scope_, "secret": "on", "reference": f"S/{scope_}", **more})
        assert {path: alice.get(path).text for path in pages} == before
        assert AuditEvent.objects.filter(
            chain=UUID(int=0), event=audit.Event.HOLD_PLACED, subject_id=found.pk
        ).exists()
    assert not AuditEvent.objects.filter(chain=cast.company.pk, event=audit.Event.HOLD_PLACED).exists()


def test_a_person_is_erased_as_asked_and_the_copy_stays(
    officer: Visitor, cast: Cast, values: dict[str, object], as_role: AsRole
) -> None:
    given = values | {"scope": "person", "account_id": "", "person_id": str(cast.bob.pk), "secret": "on"}
    found = place(officer, given)
    assert str(cast.bob.pk) in shown(officer, page_of(found))
    assert "bob@example.com" not in shown(officer, page_of(found))
    assert erase_person(cast.bob.pk, by_id=cast.bob.pk, by_kind="person")
    assert not Person.objects.filter(pk=cast.bob.pk).exists()
    assert "bob@example.com" not in shown(officer, page_of(found))
    with as_role("worker"), system_scope("test", using=("ie",)):
        [copy] = people.read(found.pk)
        assert "bob@example.com" in str(copy["rows"])
        LegalHold.objects.filter(pk=found.pk).update(released_at=clock.now())
        preservation.reconcile("ie")
        assert not PreservedPerson.objects.exists()
        assert people.read(found.pk) == []


def test_leaving_a_team_is_copied_too(
    officer: Visitor, cast: Cast, values: dict[str, object], as_role: AsRole
) -> None:
    given = values | {"scope": "person", "account_id": "", "person_id": str(cast.bob.pk)}
    found = place(officer, given)
    with scope(cast.company.pk):
        member = Membership.objects.get(person=cast.bob)
    remove_member(account_id=cast.company.pk, member_id=member.pk, by_id=cast.alice.pk)
    with as_role("worker"), system_scope("test", using=("ie",)):
        [copy] = people.read(found.pk)
    assert "developer" in str(copy["rows"])


def test_an_address_that_is_replaced_is_copied_too(
    officer: Visitor, nobody: Visitor, cast: Cast, values: dict[str, object], as_role: AsRole
) -> None:
    given = values | {"scope": "person", "account_id": "", "person_id": str(cast.bob.pk), "secret": "on"}
    found = place(officer, given)
    new = EmailAddress.objects.create(
        user=cast.bob, email="robert@example.com", primary=False, verified=False
    )
    link = reverse("account_confirm_email", args=[EmailConfirmationHMAC(new).key])
    nobody.client.post(link)
    assert not EmailAddress.objects.filter(email="bob@example.com").exists(), "replaced"
    with as_role("worker"), system_scope("test", using=("ie",)):
        [copy] = people.read(found.pk)
    assert "bob@example.com" in str(copy["rows"])


def test_a_hold_on_a_person_waits_for_the_run_that_ends_rows(
    officer: Visitor, cast: Cast, values: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that nothing of theirs ends between its copy and its end, and none without a copy."""
    monkeypatch.setattr(services, "WAIT_SECONDS", 0)
    given = values | {"scope": "person", "account_id": "", "person_id": str(cast.bob.pk)}
    where = connection.get_connection_params()
    with psycopg.connect(**{name: where[name] for name in ("dbname", "host", "user")}) as another:
        another.execute("SELECT pg_advisory_lock(%s)", [locks._ROWS])
        officer.client.post(ADD, given | {"step": "do"})
        assert not LegalHold.objects.exists()
    assert place(officer, given).person_id == cast.bob.pk


def test_a_name_that_is_replaced_is_copied_too(
    officer: Visitor, bob: Visitor, cast: Cast, values: dict[str, object], as_role: AsRole
) -> None:
    given = values | {"scope": "person", "account_id": "", "person_id": str(cast.bob.pk), "secret": "on"}
    found = place(officer, given)
    cast.bob.refresh_from_db()
    former = cast.bob.name
    bob.post_on("/profile/", {"name": "Somebody Else", "language": "en", "timezone": "UTC"})
    cast.bob.refresh_from_db()
    assert cast.bob.name == "Somebody Else"
    with as_role("worker"), system_scope("test", using=("ie",)):
        [copy] = people.read(found.pk)
    assert former in str(copy["rows"])


def test_the_page_of_exceptions_names_what_is_held_and_what_the_law_keeps(
    officer: Visitor, alice: Visitor, values: dict[str, object]
) -> None:
    nothing, path = "Nothing of your account is kept for another reason", reverse("retention_exceptions")
    assert nothing in alice.get(path).text
    place(officer, values | {"secret": "on", "reference": "S/1"})
    assert nothing in alice.get(path).text
    place(officer, values | {"reference": "2026/7"})
    shown_ = alice.get(path).text
    assert "Dublin District Court, 2026/7" in shown_
    assert "S/1" not in shown_
    assert nothing not in shown_
    LegalHold.objects.update(released_at=clock.now())
    StatutoryFloor.objects.create(
        data_class=DataClass.NUMBER,
        days=365,
        jurisdiction="Ireland",
        law="An act, s. 1",
        effective_on=clock.today(),
        switched_on=True,
    )
    assert "An act, s. 1" in alice.get(path).text


def test_a_person_sees_the_hold_about_them_unless_it_is_secret(
    officer: Visitor, bob: Visitor, cast: Cast, values: dict[str, object]
) -> None:
    given = values | {"scope": "person", "account_id": "", "person_id": str(cast.bob.pk)}
    place(officer, given | {"secret": "on"})
    assert "legal hold" not in bob.get("/privacy/").text
    place(officer, given | {"reference": "2026/7"})
    assert "Dublin District Court, 2026/7" in bob.get("/privacy/").text


def test_what_ends_by_its_age_goes_on_time_and_the_copy_stays(
    officer: Visitor, cast: Cast, values: dict[str, object], as_role: AsRole
) -> None:
    given = values | {"scope": "person", "account_id": "", "person_id": str(cast.bob.pk), "secret": "on"}
    found = place(officer, given)
    with as_role("worker"):
        for purpose in ("statistics", "marketing"):
            ConsentRecord.objects.create(
                person_id=cast.bob.pk,
                purpose=purpose,
                decision=Decision.REFUSED,
                text_version="1",
                language="en",
                how=How.SETTINGS,
                at=clock.now() - timedelta(days=3000),
                until=clock.today() - timedelta(days=2800),
            )
        rows.run("default", clock.today())
        assert not ConsentRecord.objects.filter(person_id=cast.bob.pk).exists()
        with system_scope("test", using=("ie",)):
            [copy] = people.read(found.pk)
    assert "statistics" in str(copy["rows"])
    assert "marketing" in str(copy["rows"]), "once in a run"


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("account_id", "nonsense"),
        ("account_id", "00000000-0000-4000-8000-000000000000"),
        ("classes", []),
        ("classes", ["9"]),
        ("classes", ["4"]),
        ("scope", "everything"),
        ("scope", "person"),
        ("scope", "number"),
        ("number", "nonsense"),
        ("person_id", "00000000-0000-4000-8000-000000000000"),
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
