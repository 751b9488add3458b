"""Opening accounts, adding members, inviting, changing: what is written and what is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DataError

from accounts.billing.models import Balance
from accounts.errors import AlreadyMember
from accounts.models import Account, Invitation, Membership, Person, Role
from accounts.teams import invitations, services
from paasoo_portal.core import audit, clock, hooks
from paasoo_portal.core.audit.models import AuditEvent
from paasoo_portal.core.tenancy import scope


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The accounts that regions were told of."""
    found: list[Any] = []
    monkeypatch.setattr(hooks, "call", lambda name, **given: found.append((name, given["account_id"])))
    return found


@pytest.fixture
def account(alice: Person, told: list[Any]) -> Account:
    made = services.open_account(person=alice, name="A company", region="ie")
    told.clear()
    return made


def events(account: Account) -> list[str]:
    return list(
        AuditEvent.objects.filter(chain=account.pk).order_by("number").values_list("event", flat=True)
    )


def test_opening_makes_everything_that_belongs_to_an_account(alice: Person, told: list[Any]) -> None:
    account = services.open_account(person=alice, name="A company", region="in", default_sender="Acme")
    with scope(account.pk):
        assert Balance.objects.get(pk=account.pk).amount == 0
        assert Membership.objects.get().role == Role.ADMINISTRATOR
    assert Account.objects.get(pk=account.pk).default_sender == "Acme"
    assert events(account) == ["account:account:opened", "account:member:added"]
    assert told == [("account.changed", account.pk)]


def test_an_error_opens_nothing_and_tells_nobody(alice: Person, told: list[Any]) -> None:
    before = Account.objects.count()
    with pytest.raises(DataError):
        services.open_account(person=alice, name="A company", region="atlantis")
    assert Account.objects.count() == before
    assert not told


def test_a_member_is_added_once(account: Account, alice: Person, bob: Person) -> None:
    services.add_member(account_id=account.pk, person_id=bob.pk, role=Role.SUPPORT, added_by_id=alice.pk)
    with pytest.raises(AlreadyMember):
        services.add_member(account_id=account.pk, person_id=bob.pk, role=Role.VIEWER, added_by_id=None)
    with scope(account.pk):
        assert Membership.objects.get(person=bob).role == Role.SUPPORT


def test_only_a_hash_of_the_invitations_token_is_kept(account: Account, alice: Person) -> None:
    made = invitations.create_invitation(
        account_id=account.pk, email="new@example.com", role=Role.VIEWER, invited_by_id=alice.pk
    )
    kept = Invitation.objects.get(pk=made.invitation.pk)
    assert kept.token_hash == invitations.hash_token(made.token)
    assert made.token not in repr(vars(kept))
    assert kept.expires_at - kept.created_at == timedelta(days=7)


def test_a_second_invitation_ends_the_first(account: Account) -> None:
    first, second = (
        invitations.create_invitation(
            account_id=account.pk, email=email, role=Role.VIEWER, invited_by_id=None
        )
        for email in ("new@example.com", "NEW@example.com")
    )
    assert Invitation.objects.get(pk=first.invitation.pk).revoked_at is not None
    assert Invitation.objects.get(pk=second.invitation.pk).revoked_at is None


def test_a_member_is_not_invited(account: Account, alice: Person) -> None:
    with pytest.raises(AlreadyMember):
        invitations.create_invitation(
            account_id=account.pk, email=alice.email.upper(), role=Role.VIEWER, invited_by_id=None
        )


def test_a_change_counts_the_version_and_tells_the_regions(
    account: Account, alice: Person, told: list[Any]
) -> None:
    services.change_account(account_id=account.pk, actor_id=alice.pk, state="suspended", name="A company")
    changed = Account.objects.get(pk=account.pk)
    assert (changed.state, changed.version) == ("suspended", account.version + 1)
    assert told == [("account.changed", account.pk)]
    assert AuditEvent.objects.filter(chain=account.pk).latest("number").data == {"fields": "state"}


def test_a_change_of_nothing_does_nothing(account: Account, told: list[Any]) -> None:
    services.change_account(account_id=account.pk, actor_id=None, name="A company")
    assert not told
    assert Account.objects.get(pk=account.pk).version == account.version


def test_what_is_not_to_be_changed_is_refused(account: Account) -> None:
    with pytest.raises(TypeError, match="region"):
        services.change_account(account_id=account.pk, actor_id=None, region="sg")


def test_the_trail_is_whole(account: Account) -> None:
    services.change_account(account_id=account.pk, actor_id=None, name="Another")
    assert audit.verify(account.pk) is None


def test_an_invitation_is_dated_by_the_products_clock(account: Account) -> None:
    with clock.travel(by=timedelta(days=-3)):
        made = invitations.create_invitation(
            account_id=account.pk, email="a@example.com", role=Role.VIEWER, invited_by_id=None
        )
    assert timedelta(days=2) < clock.now() - made.invitation.created_at < timedelta(days=4)
