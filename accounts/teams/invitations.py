"""Invitations: sent to an address, followed once by who has that address, for seven days.

Keeps P-SEC-5: the token is stored as a hash, and leaves here in the email alone.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.errors import AlreadyMember, InvitationOver, NoSuchInvitation, OtherAddress, TooManyInvitations
from accounts.people.models import Person
from accounts.teams.models import Account, Invitation, Membership, Role
from accounts.teams.services import add_member
from paasoo_portal.core import audit, clock, mail
from paasoo_portal.core.tenancy import scope
from paasoo_portal.core.tokens import hash_token

INVITATION_DAYS: Final = 7
MOST_A_DAY: Final = 50
_TOKEN_BYTES: Final = 32


@dataclass(frozen=True)
class NewInvitation:
    """An invitation with its token, which is sent to the address and kept nowhere."""

    invitation: Invitation
    token: str


def invite(*, account_id: UUID, email: str, role: str, invited_by: Person) -> Invitation:
    """Invite an address and write to it. Raises AlreadyMember, TooManyInvitations."""
    since = clock.now() - timedelta(days=1)
    with scope(account_id):
        # One at a time, so that two at once cannot both be the last that is allowed.
        account = Account.objects.select_for_update().get(pk=account_id)
        if Invitation.objects.filter(account_id=account_id, created_at__gt=since).count() >= MOST_A_DAY:
            raise TooManyInvitations(f"account {account_id} sent {MOST_A_DAY} invitations within a day")
        made = create_invitation(account_id=account_id, email=email, role=role, invited_by_id=invited_by.pk)
        transaction.on_commit(lambda: _write(made, account, invited_by))
    return made.invitation


def create_invitation(
    *, account_id: UUID, email: str, role: str, invited_by_id: UUID | None
) -> NewInvitation:
    """An invitation for seven days; an earlier open one of the address ends. Raises AlreadyMember."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    now = clock.now()
    with scope(account_id):
        if Membership.objects.filter(person__email__iexact=email).exists():
            raise AlreadyMember(f"an invitation to account {account_id} names a member")
        open_ones = Invitation.objects.filter(account_id=account_id, accepted_at=None, revoked_at=None)
        open_ones.filter(email__iexact=email).update(revoked_at=now)
        invitation = Invitation.objects.create(
            account_id=account_id,
            email=email,
            role=role,
            token_hash=hash_token(token),
            invited_by_id=invited_by_id,
            created_at=now,
            expires_at=now + timedelta(days=INVITATION_DAYS),
        )
        _record(audit.Event.INVITATION_SENT, invitation, invited_by_id)
    return NewInvitation(invitation, token)


def withdraw(*, account_id: UUID, invitation_id: UUID, by_id: UUID) -> bool:
    """End an invitation; False when it was over before. Raises Invitation.DoesNotExist."""
    with scope(account_id):
        found = Invitation.objects.select_for_update().get(pk=invitation_id, account_id=account_id)
        if found.accepted_at is not None or found.revoked_at is not None:
            return False
        found.revoked_at = clock.now()
        found.save(update_fields=["revoked_at"])
        _record(audit.Event.INVITATION_WITHDRAWN, found, by_id)
    return True


def find(token: str) -> Invitation:
    """The open invitation of a token. Raises NoSuchInvitation, InvitationOver."""
    found = Invitation.objects.filter(token_hash=hash_token(token)).first()
    if found is None:
        raise NoSuchInvitation("no invitation has this token")
    return _open(found)


def open_one(invitation_id: UUID) -> Invitation:
    """The open invitation of an id. Raises NoSuchInvitation, InvitationOver."""
    found = Invitation.objects.filter(pk=invitation_id).first()
    if found is None:
        raise NoSuchInvitation(f"there is no invitation {invitation_id}")
    return _open(found)


def accept(*, invitation_id: UUID, person: Person) -> Membership:
    """Give the person the place. Of two at once one succeeds.

    Raises NoSuchInvitation, InvitationOver, OtherAddress, AlreadyMember.
    """
    account_id = open_one(invitation_id).account_id
    with scope(account_id):
        found = _open(Invitation.objects.select_for_update().get(pk=invitation_id))
        if not belongs_to(found, person):
            raise OtherAddress(f"invitation {invitation_id} is not for person {person.pk}")
        member = add_member(
            account_id=account_id, person_id=person.pk, role=found.role, added_by_id=found.invited_by_id
        )
        found.accepted_at = clock.now()
        found.save(update_fields=["accepted_at"])
        _record(audit.Event.INVITATION_ACCEPTED, found, person.pk)
    return member


def accept_as_new(*, invitation_id: UUID, name: str, password: str, language: str) -> Person:
    """Make the person whose address the invitation was sent to, which proves it, and give them the place.

    Raises as `accept` does, and AlreadyMember when the address has a sign-in by now.
    """
    account_id = open_one(invitation_id).account_id
    with scope(account_id):
        # Locked before the person is made, so that of two at once the second finds the invitation used.
        invitation = _open(Invitation.objects.select_for_update().get(pk=invitation_id))
        if has_sign_in(invitation.email):
            raise AlreadyMember(f"the address of invitation {invitation_id} has a sign-in")
        person = Person.objects.create_user(invitation.email, password, name=name, language=language)
        EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
        accept(invitation_id=invitation_id, person=person)
    return person


def belongs_to(invitation: Invitation, person: Person) -> bool:
    """Whether the person has proved that the invited address is theirs."""
    known = EmailAddress.objects.filter(user=person, verified=True, email__iexact=invitation.email)
    return known.exists()


def has_sign_in(email: str) -> bool:
    taken = Person.objects.filter(email__iexact=email).exists()
    return taken or EmailAddress.objects.filter(email__iexact=email, verified=True).exists()


def _open(invitation: Invitation) -> Invitation:
    over = invitation.accepted_at is not None or invitation.revoked_at is not None
    if over or invitation.expires_at <= clock.now():
        raise InvitationOver(f"invitation {invitation.pk} is over")
    return invitation


def _write(made: NewInvitation, account: Account, invited_by: Person) -> None:
    mail.send(
        "accounts/mail/invitation",
        made.invitation.email,
        {
            "account": account.name,
            "by": invited_by.name or invited_by.email,
            "role": Role(made.invitation.role).label,
            "link": settings.PORTAL_URL + reverse("invitation_follow", args=[made.token]),
            "expires_at": made.invitation.expires_at,
        },
        language=invited_by.language,
    )


def _record(event: audit.Event, invitation: Invitation, actor_id: UUID | None) -> None:
    audit.record(
        event,
        account_id=invitation.account_id,
        actor_id=actor_id,
        actor_kind="person" if actor_id else "system",
        subject_id=invitation.pk,
        role=str(invitation.role),
    )
