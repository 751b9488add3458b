"""What is held: row by row, the newest first, in words, with the rule of each field and its last day. P-RGT-1, P-RET-1."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from typing import Any

import pytest
from allauth.mfa.models import Authenticator

from accounts.api_keys.models import ApiKey
from accounts.api_keys.services import create_api_key
from accounts.centre import values
from accounts.centre.held import ROWS_SHOWN
from accounts.models import Person
from accounts.policy_notices.models import PolicyNotice
from accounts.teams.services import add_member
from paasoo_portal.core import audit, clock
from paasoo_portal.core.tenancy import scope
from privacy.catalogue import people
from privacy.requests.models import Route
from privacy.requests.services import receive
from privacy.retention import ends
from tests.centre.rows_of_everything import ELSEWHERE, Maker
from tests.conftest import AsRole
from tests.pages.conftest import Cast, Send
from tests.pages.visitor import Page, Visitor

pytestmark = pytest.mark.django_db(databases="__all__")
HELD = "/privacy/held/"


def section(page: Page, name: str) -> Any:
    (found,) = page.all(f"main section[aria-labelledby={name}]")
    return found


def blocks(page: Page, name: str) -> list[dict[str, str]]:
    """A table's rows as shown: what each field is called, and what it says."""
    return [
        {folded(one.find("dt")): folded(one.find("dd")) for one in block.cssselect("dl > div")}
        for block in section(page, name).cssselect("ol > li")
    ]


def folded(found: Any) -> str:
    return " ".join(found.text_content().split())


def about(page: Page, name: str) -> dict[str, str]:
    (facts,) = section(page, name).cssselect("dl.facts")
    return {folded(one.find("dt")): folded(one.find("dd")) for one in facts.cssselect("div")}


def test_each_row_is_a_block_and_its_values_stand_together(cast: Cast, bob: Visitor) -> None:
    for name in ("First", "Second"):
        create_api_key(account_id=cast.company.pk, name=name, created_by_id=cast.bob.pk)
    second, first = blocks(bob.get(HELD), "accounts-apikey")
    assert (first["Name"], second["Name"]) == ("First", "Second")
    assert set(first) == set(second)
    assert first["Made by"] == "you"


def test_the_newest_are_shown_and_the_copy_has_the_others(cast: Cast, bob: Visitor) -> None:
    for number in range(ROWS_SHOWN + 2):
        create_api_key(account_id=cast.company.pk, name=f"Key {number}", created_by_id=cast.bob.pk)
    page = bob.get(HELD)
    assert [one["Name"] for one in blocks(page, "accounts-apikey")] == [
        f"Key {number}" for number in range(ROWS_SHOWN + 1, 1, -1)
    ]
    (more,) = section(page, "accounts-apikey").cssselect("p a")
    assert folded(more) == "and 2 more; the copy of your data has all of them"
    assert more.get("href") == "/privacy/export/"
    assert not section(page, "accounts-person").cssselect("p a")


def test_of_two_accounts_the_newest_of_both(cast: Cast, bob: Visitor) -> None:
    add_member(account_id=cast.other.pk, person_id=cast.bob.pk, role="viewer", added_by_id=cast.charlie.pk)
    for number in range(ROWS_SHOWN + 1):
        account = cast.company if number % 2 else cast.other
        create_api_key(account_id=account.pk, name=f"Key {number}", created_by_id=cast.bob.pk)
    page = bob.get(HELD)
    assert [one["Name"] for one in blocks(page, "accounts-apikey")] == [
        f"Key {number}" for number in range(ROWS_SHOWN, 0, -1)
    ]
    assert "and 1 more" in folded(section(page, "accounts-apikey"))
    assert {one["Number of the account"] for one in blocks(page, "accounts-membership")} == {
        "Harbour Logistics",
        "Northwind Clinics",
    }


def test_codes_are_told_in_words(cast: Cast, alice: Visitor) -> None:
    made = create_api_key(account_id=cast.company.pk, name="Server", created_by_id=cast.alice.pk)
    with scope(cast.company.pk):
        audit.record(
            audit.Event.ROLE_CHANGED, account_id=cast.company.pk, actor_id=cast.alice.pk,
            actor_kind="person", subject_id=made.key.pk, role="viewer",
        )  # fmt: skip
    page = alice.get(HELD)
    entry = blocks(page, "core-auditevent")[0]
    assert entry["Event"] == "Role changed"
    assert entry["Number of whom it is about"] == "Server"
    assert "Viewer" in " ".join(entry.values())
    assert blocks(page, "mfa-authenticator")[0]["Type"] == "authenticator app"
    assert blocks(page, "accounts-membership")[0]["Role"] == "Administrator"
    assert blocks(page, "accounts-person")[0]["Language"] == "English"
    for code in ("account:member:role_changed", "totp", str(made.key.pk)):
        assert code not in page.text


def test_each_field_is_kept_by_its_own_rule(cast: Cast, bob: Visitor) -> None:
    Person.objects.filter(pk=cast.bob.pk).update(last_login=datetime(2026, 3, 2, 13, tzinfo=UTC))
    page = bob.get(HELD)
    kept = about(page, "accounts-person")["Kept"]
    assert kept == "as long as the account, then as instructed Last login: one year after the event"
    (person,) = blocks(page, "accounts-person")
    assert person["Last login"].endswith("Kept until the end of 2 March 2027")
    assert "Kept until the end of" not in person, "the row itself stays as long as the account"


def test_a_field_that_is_empty_has_no_last_day(cast: Cast, bob: Visitor) -> None:
    create_api_key(account_id=cast.company.pk, name="Unused", created_by_id=cast.bob.pk)
    with scope(cast.company.pk):
        ApiKey.objects.filter(created_by=cast.bob).update(last_used_at=clock.now(), last_used_net="")
    (key,) = blocks(bob.get(HELD), "accounts-apikey")
    assert not [value for value in key.values() if "Kept until" in value]


def test_a_row_says_its_last_day_whoever_brings_its_end(cast: Cast, bob: Visitor) -> None:
    at = datetime(2026, 3, 2, 13, tzinfo=UTC)
    found = receive(kind="other", person_id=cast.bob.pk, account_id=None, text="x", route=Route.STAFF)
    type(found).objects.filter(pk=found.pk).update(closed_at=at)
    PolicyNotice.objects.create(person_id=cast.bob.pk, version="2026-11", told_at=at)
    page = bob.get(HELD)
    for name, day in {
        "accounts-policynotice": "1 March 2028",
        "privacy-rightsrequest": "1 March 2029",
        # Its steps end with it.
        "privacy-requeststep": "1 March 2029",
    }.items():
        assert {one["Kept until the end of"] for one in blocks(page, name)} == {day}, name


def test_what_is_under_a_condition_ends_where_it_holds(cast: Cast) -> None:
    (place,) = [one for one in people.places() if one.label == "privacy.ExportJob"]
    jobs = [
        place.model._base_manager.create(kind="person", person_id=cast.bob.pk, state=state)
        for state in ("ready", "over")
    ]
    assert set(ends.last_days(place, jobs)) == {jobs[1].pk}


def test_secrets_are_named_and_never_shown(cast: Cast, alice: Visitor) -> None:
    page = alice.get(HELD)
    assert about(page, "accounts-person")["Password"] == "a secret, held but never shown"
    assert Authenticator.objects.get(user=cast.alice).data["secret"] not in page.source


def test_everything_at_once_is_readable_and_light(
    cast: Cast, send: Send, as_role: AsRole, bob: Visitor
) -> None:
    rows = Maker(cast, send, as_role).everything()
    for number in range(2 * ROWS_SHOWN):
        create_api_key(account_id=cast.company.pk, name=f"Key {number}", created_by_id=cast.bob.pk)
    answer = bob.client.get(HELD, headers={"Accept-Encoding": "gzip"})
    assert len(answer.content) < 10_000
    assert len(gzip.decompress(answer.content)) < 60_000
    page = bob.get(HELD)
    shown = {one.get("aria-labelledby") for one in page.all("main section")}
    expected = {
        place.model._meta.db_table.replace("_", "-")
        for place in people.places_of_people()
        if place.label in rows and place.label not in ELSEWHERE
    }
    assert expected <= shown


def test_an_unknown_code_is_shown_as_it_is(cast: Cast) -> None:
    found = Person.objects.get(pk=cast.bob.pk)
    found.language, found.timezone = "xx", ""
    assert values.readable(found, "language", {}) == "xx"
    assert values.readable(found, "timezone", {}) == values.NOTHING
