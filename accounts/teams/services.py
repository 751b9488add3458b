"""The only writers of accounts, memberships and invitations.

Keeps P-SEC-5: a new account keeps least by default; an invitation's token is stored as a hash.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.billing.models import Balance
from accounts.errors import AlreadyMember
from accounts.people.models import Person
from accounts.teams.models import Account, Invitation, Membership, Role
from paasoo_portal.core import audit, clock, hooks
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope

INVITATION_DAYS: Final = 7
_TOKEN_BYTES: Final = 32
# What of an account may be changed after it was opened; every other column has its own service or none.
_CHANGEABLE: Final = frozenset({"name", "state", "default_sender", "push_url", "throttle_per_second"})


@dataclass(frozen=True)
class NewInvitation:
    """An invitation with its token, which is sent to the address and kept nowhere."""

    invitation: Invitation
    token: str


def open_account(*, person: Person, name: str, region: str, default_sender: str | None = None) -> Account:
    """A new account with the person as its administrator and nothing to spend. Regions learn of it."""
    account_id = uuid7()
    with scope(account_id):
        account = Account(pk=account_id, name=name, region=region)
        if default_sender is not None:
            account.default_sender = default_sender
        account.save(force_insert=True)
        Balance.objects.create(account_id=account_id)
        _record(audit.Event.ACCOUNT_OPENED, account_id, person.pk)
        add_member(account_id=account_id, person_id=person.pk, role=Role.ADMINISTRATOR, added_by_id=person.pk)
        _announce(account_id)
    return account


def change_account(
    *, account_id: UUID, actor_id: UUID | None, actor_kind: str = "person", **changes: Any
) -> Account:
    """Change an account's settings or state and tell the regions on commit. Raises Account.DoesNotExist.

    The audit trail names what was changed, not to what: a name or an address may be personal.
    """
    if unknown := changes.keys() - _CHANGEABLE:
        raise TypeError(f"of an account, {', '.join(sorted(unknown))} is not changed")
    with scope(account_id):
        account = Account.objects.select_for_update().get(pk=account_id)
        changed = [field for field, value in changes.items() if getattr(account, field) != value]
        for field in changed:
            setattr(account, field, changes[field])
        if changed:
            account.version += 1
            account.save(update_fields=[*changed, "version"])
            _record(
                audit.Event.SETTINGS_CHANGED,
                account_id,
                actor_id,
                actor_kind,
                fields=" ".join(sorted(changed)),
            )
            _announce(account_id)
    return account


def touch_account(account_id: UUID) -> None:
    """Count a change that regions must learn of, in its transaction: a crash before they are told shows."""
    Account.objects.filter(pk=account_id).update(version=F("version") + 1)


def add_member(*, account_id: UUID, person_id: UUID, role: str, added_by_id: UUID | None) -> Membership:
    """Give a person a place in an account. Raises AlreadyMember."""
    with scope(account_id):
        try:
            with transaction.atomic():
                member = Membership.objects.create(account_id=account_id, person_id=person_id, role=role)
        except IntegrityError as error:
            raise AlreadyMember(f"person {person_id} is a member of account {account_id}") from error
        _record(audit.Event.MEMBER_ADDED, account_id, added_by_id, subject_id=person_id, role=str(role))
    return member


def create_invitation(
    *, account_id: UUID, email: str, role: str, invited_by_id: UUID | None
) -> NewInvitation:
    """Invite an address for seven days; an earlier open invitation of it ends. Raises AlreadyMember."""
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
        _record(
            audit.Event.INVITATION_SENT, account_id, invited_by_id, subject_id=invitation.pk, role=str(role)
        )
    return NewInvitation(invitation, token)


def hash_token(token: str) -> str:
    """SHA-256 in hex: right for a token of 256 random bits, which no dictionary holds."""
    return hashlib.sha256(token.encode()).hexdigest()


def _announce(account_id: UUID) -> None:
    transaction.on_commit(lambda: hooks.call("account.changed", account_id=account_id))


def _record(
    event: audit.Event, account_id: UUID, actor_id: UUID | None, actor_kind: str = "person", **data: Any
) -> None:
    kind = actor_kind if actor_id else "system"
    audit.record(event, account_id=account_id, actor_id=actor_id, actor_kind=kind, **data)
