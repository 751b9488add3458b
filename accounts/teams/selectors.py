"""The team as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from accounts.mfa.required import with_factor
from accounts.teams.models import Account, AccountState, Invitation, Membership, Role
from paasoo_portal.core import clock


def open_accounts() -> list[UUID]:
    """The hook `accounts.open`: every account that is not closed."""
    return list(
        Account.objects.exclude(state=AccountState.CLOSED).order_by("pk").values_list("pk", flat=True)
    )


@dataclass(frozen=True)
class Member:
    """A place, with what a colleague may know of the person."""

    membership: Membership
    name: str
    email: str
    role: str
    second_factor: bool
    is_reader: bool


@dataclass(frozen=True)
class Invited:
    """An open invitation; `over` once it ran out."""

    invitation: Invitation
    role: str
    over: bool


def members_shown(reader_id: UUID) -> list[Member]:
    """Everybody in the account, administrators first. Needs its scope."""
    rows = list(Membership.objects.select_related("person").order_by("created_at"))
    enrolled = with_factor([row.person_id for row in rows])
    found = [
        Member(
            membership=row,
            name=row.person.name or row.person.email,
            email=row.person.email,
            role=str(Role(row.role).label),
            second_factor=row.person_id in enrolled,
            is_reader=row.person_id == reader_id,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: one.membership.role != Role.ADMINISTRATOR)


def invitations_shown(account_id: UUID) -> list[Invited]:
    """Invitations nobody followed or withdrew yet, the newest first."""
    now = clock.now()
    rows = Invitation.objects.filter(account_id=account_id, accepted_at=None, revoked_at=None)
    return [
        Invited(row, str(Role(row.role).label), row.expires_at <= now) for row in rows.order_by("-created_at")
    ]
