"""The team's pages: roles, removal, leaving, the last administrator, settings."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail

from accounts.models import Account, Membership, Role
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope
from tests.pages.conftest import Cast
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")


def place(company: Account, person: Any) -> Membership:
    with scope(company.pk):
        return Membership.objects.get(person=person)


def test_everybody_sees_the_team_and_only_administrators_change_it(alice: Visitor, vera: Visitor) -> None:
    page = vera.get("/team/")
    assert "bob@example.com" in page.text
    assert "Change role" not in page.text
    assert "Leave" in page.text
    assert alice.get("/team/").text.count("Change role") == 5


def test_a_role_is_changed_and_works_at_once(cast: Cast, alice: Visitor, vera: Visitor) -> None:
    assert vera.client.get("/api-keys/").status_code == 403
    pk = place(cast.company, cast.vera).pk
    page = alice.get(f"/team/members/{pk}/role/")
    assert page.values()["role"] == "viewer"
    assert alice.post_on(f"/team/members/{pk}/role/", {"role": "developer"}) == "/team/"
    vera.get("/api-keys/")


def test_the_last_administrator_stays(cast: Cast, alice: Visitor) -> None:
    own = place(cast.company, cast.alice).pk
    page = alice.post(f"/team/members/{own}/role/", {"role": "viewer"})
    assert "only administrator" in page.texts(".error-summary")[0]
    assert "only administrator" in alice.get("/team/leave/").text
    alice.post("/team/leave/")
    assert place(cast.company, cast.alice).role == Role.ADMINISTRATOR


def test_with_two_administrators_one_may_leave(cast: Cast, alice: Visitor) -> None:
    alice.post_on(f"/team/members/{place(cast.company, cast.bob).pk}/role/", {"role": "administrator"})
    assert alice.post_on("/team/leave/") == "/"
    with scope(cast.company.pk):
        assert not Membership.objects.filter(person=cast.alice).exists()


def test_a_removed_member_is_out_and_is_told(cast: Cast, alice: Visitor, bob: Visitor) -> None:
    pk = place(cast.company, cast.bob).pk
    assert "Remove Bob?" in alice.get(f"/team/members/{pk}/remove/").title
    assert alice.post_on(f"/team/members/{pk}/remove/") == "/team/"
    assert bob.client.get("/messages/").status_code == 302
    assert mail.outbox[-1].to == ["bob@example.com"]
    assert alice.client.post(f"/team/members/{pk}/remove/").status_code == 404


def test_members_of_another_account_are_not_found(cast: Cast, alice: Visitor) -> None:
    stranger = place(cast.other, cast.charlie).pk
    for path in ("role", "remove"):
        answers = {alice.client.get(f"/team/members/{pk}/{path}/").status_code for pk in (stranger, uuid7())}
        assert answers == {404}


def test_settings_are_changed_and_what_is_wrong_is_named(cast: Cast, alice: Visitor) -> None:
    good = {"name": "Harbour & Sons <b>", "default_sender": "Harbour", "push_url": ""}
    assert alice.post_on("/account/settings/", good) == "/account/settings/"
    assert "Harbour & Sons <b>" in alice.get("/team/").tree.text_content()
    page = alice.post(
        "/account/settings/", {"name": "", "default_sender": "way too long a sender", "push_url": "x y"}
    )
    assert len(page.texts(".error-summary li")) == 3
    assert page.values()["default_sender"] == "way too long a sender"
    assert Account.objects.get(pk=cast.company.pk).name == "Harbour & Sons <b>"
