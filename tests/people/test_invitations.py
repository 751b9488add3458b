"""Invitations: bound to an address, used once, for seven days, whoever follows and however often. P-SEC-5."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from accounts.models import Account, Invitation, Membership, Person, Role
from accounts.teams import invitations
from paasoo_portal.core import clock
from paasoo_portal.core.tenancy import scope
from privacy.retention import rows
from tests.conftest import AsRole
from tests.pages.conftest import Cast
from tests.pages.conftest import person as make_person
from tests.pages.visitor import Visitor
from tests.people.conftest import Invite, path_in_mail

pytestmark = pytest.mark.django_db(databases="__all__")
NEW = {"name": "Noor Haddad", "password": "a long sentence is good"}


def follow(visitor: Visitor, path: str) -> str:
    assert visitor.sent_on(visitor.client.get(path)) == "/invitations/accept/"
    return "/invitations/accept/"


def role_in(company: Account, email: str) -> str | None:
    with scope(company.pk):
        found = Membership.objects.filter(person__email__iexact=email).first()
        return found.role if found else None


def test_an_invitation_is_checked_and_sent(alice: Visitor, invite: Invite) -> None:
    page = alice.post("/team/invite/", {"email": "new@example.com", "role": "viewer", "step": "check"})
    assert "new@example.com" in page.text
    assert "Viewer" in page.text
    assert not mail.outbox
    invite("new@example.com", "viewer")
    (sent,) = mail.outbox
    assert sent.to == ["new@example.com"]
    assert sent.subject == "Alice invites you to Harbour Logistics on PaaSoo"
    assert "PAASOO TECHNOLOGY (IRELAND) LIMITED" in str(sent.body)
    assert "new@example.com" in alice.get("/team/").text


def test_the_check_page_leads_back_with_what_was_typed(alice: Visitor) -> None:
    page = alice.post("/team/invite/", {"email": "new@example.com", "role": "viewer", "step": "edit"})
    assert page.values()["email"] == "new@example.com"
    assert page.values()["role"] == "viewer"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"email": ""}, "Enter an email address"),
        ({"email": "nobody"}, "Enter an email address such as name@example.com"),
        ({"role": "emperor"}, "Select a valid choice"),
        ({"role": ""}, "Choose a role"),
        ({"email": "BOB@example.com"}, "This person is a member of the account already."),
    ],
)
def test_a_wrong_invitation_is_named_and_kept(alice: Visitor, changes: dict[str, str], said: str) -> None:
    given = {"email": "new@example.com", "role": "viewer", "step": "send"} | changes
    page = alice.post("/team/invite/", given)
    assert said in page.texts(".error-summary")[0]
    assert not mail.outbox


def test_somebody_new_joins_with_the_invited_address(cast: Cast, nobody: Visitor, invite: Invite) -> None:
    page = nobody.get(follow(nobody, invite()))
    assert page.title.startswith("Join Harbour Logistics")
    assert "new@example.com" in page.text
    assert nobody.post_on("/invitations/accept/", NEW) == "/"
    assert "Harbour Logistics" in nobody.get("/").source
    assert role_in(cast.company, "new@example.com") == Role.DEVELOPER
    made = Person.objects.get(email="new@example.com")
    assert made.emailaddress_set.get().verified  # type: ignore[attr-defined]


def test_the_form_of_somebody_new_names_what_is_wrong(nobody: Visitor, invite: Invite) -> None:
    where = follow(nobody, invite())
    page = nobody.post(where, {"name": "", "password": "short"})
    assert "Enter your name" in page.texts(".error-summary")[0]
    page = nobody.post(where, {"name": "Noor\u202eHaddad", "password": "new@example.com"})
    assert "invisible character" in page.texts(".error-summary")[0]
    assert not Person.objects.filter(email="new@example.com").exists()


def test_somebody_known_signs_in_and_joins(cast: Cast, nobody: Visitor, invite: Invite) -> None:
    path = invite("charlie@example.com", "support")
    page = nobody.get(follow(nobody, path))
    assert "/accounts/login/?next=/invitations/accept/" in page.links()
    charlie = Visitor(cast.charlie)
    page = charlie.get(follow(charlie, path))
    assert "Alice invites you" in page.text
    assert charlie.post_on("/invitations/accept/") == "/"
    assert role_in(cast.company, "charlie@example.com") == Role.SUPPORT
    assert "Harbour Logistics" in charlie.get("/").source


def test_another_address_is_not_let_in(cast: Cast, charlie: Visitor, invite: Invite) -> None:
    where = follow(charlie, invite())
    assert "another address" in charlie.get(where, status=403).title
    charlie.post(where, status=403)
    assert role_in(cast.company, "charlie@example.com") is None


def test_an_address_that_is_not_proved_yet_is_not_let_in(cast: Cast, invite: Invite) -> None:
    noor = make_person("Noor")
    noor.emailaddress_set.update(verified=False)  # type: ignore[attr-defined]
    visitor = Visitor(noor)
    visitor.post(follow(visitor, invite("noor@example.com")), status=403)
    assert role_in(cast.company, "noor@example.com") is None


def test_a_link_works_once(nobody: Visitor, invite: Invite) -> None:
    path = invite()
    assert nobody.post_on(follow(nobody, path), NEW) == "/"
    assert "no longer open" in Visitor().get(path, status=410).text
    assert "not known" in Visitor().get("/invitations/accept/", status=404).text


def test_a_link_ends_after_seven_days(nobody: Visitor, invite: Invite) -> None:
    path = invite()
    where = follow(nobody, path)
    with clock.travel(by=timedelta(days=7, seconds=1)):
        nobody.post(where, NEW, status=410)
        Visitor().get(path, status=410)
    assert not Person.objects.filter(email="new@example.com").exists()


@pytest.mark.parametrize("token", ["x", "%00", "x" * 3000, "..", "🙂"])
def test_an_altered_link_is_not_known(nobody: Visitor, invite: Invite, token: str) -> None:
    invite()
    nobody.get(f"/invitations/{token}/", status=404)


def test_a_withdrawn_invitation_ends(alice: Visitor, nobody: Visitor, invite: Invite) -> None:
    path = invite()
    pk = Invitation.objects.get().pk
    assert "new@example.com" in alice.get(f"/team/invitations/{pk}/withdraw/").text
    assert alice.post_on(f"/team/invitations/{pk}/withdraw/") == "/team/"
    nobody.get(path, status=410)
    assert alice.client.post(f"/team/invitations/{pk}/withdraw/").status_code == 404


def test_sent_again_the_former_link_ends(
    alice: Visitor, nobody: Visitor, invite: Invite, django_capture_on_commit_callbacks: Any
) -> None:
    former = invite()
    pk = Invitation.objects.get().pk
    with django_capture_on_commit_callbacks(execute=True):
        assert alice.post_on(f"/team/invitations/{pk}/resend/") == "/team/"
    nobody.get(former, status=410)
    follow(nobody, path_in_mail())


def test_a_stranger_s_invitation_is_as_good_as_none(charlie: Visitor, invite: Invite) -> None:
    invite()
    pk = Invitation.objects.get().pk
    assert charlie.client.post(f"/team/invitations/{pk}/resend/").status_code == 404
    assert charlie.client.get(f"/team/invitations/{pk}/withdraw/").status_code == 404


def test_an_account_cannot_flood_addresses(alice: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "MOST_A_DAY", 1)
    given = {"email": "one@example.com", "role": "viewer", "step": "send"}
    assert alice.post_on("/team/invite/", given) == "/team/"
    page = alice.post("/team/invite/", given | {"email": "two@example.com"})
    assert "Go on tomorrow" in page.texts(".error-summary")[0]


def forgotten(as_role: AsRole) -> int:
    with as_role("worker"):
        return rows.run("default", clock.today()).counts["accounts.Invitation"]


def test_invitations_are_forgotten_a_month_after_their_end(invite: Invite, as_role: AsRole) -> None:
    invite()
    with clock.travel(by=timedelta(days=36)):
        assert forgotten(as_role) == 0
    with clock.travel(by=timedelta(days=38)):
        assert forgotten(as_role) == 1
