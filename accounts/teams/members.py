"""Changing and ending places in an account; one administrator always remains."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from accounts.erasure.rows import erase_in_account
from accounts.errors import LastAdministrator
from accounts.teams.models import Account, Membership, Role
from paasoo_portal.core import audit
from paasoo_portal.core.tenancy import scope
from privacy import journal

MEMBER: Final = "member"


def change_role(*, account_id: UUID, member_id: UUID, role: str, by_id: UUID) -> Membership:
    """Give a member another role. Raises Membership.DoesNotExist, LastAdministrator."""
    with scope(account_id):
        member = _locked(account_id, member_id)
        if member.role == role:
            return member
        if role != Role.ADMINISTRATOR:
            _another_administers(member)
        member.role = role
        member.save(update_fields=["role"])
        _record(audit.Event.ROLE_CHANGED, member, by_id)
    return member


def remove_member(*, account_id: UUID, member_id: UUID, by_id: UUID) -> Membership:
    """End a place, and what names the person in the account's rows; it works at the person's next page.

    Raises Membership.DoesNotExist, LastAdministrator.
    """
    with journal.erasing(MEMBER, database="default") as erasure, scope(account_id):
        member = _locked(account_id, member_id)
        _another_administers(member)
        left = member.person_id == by_id
        _record(audit.Event.MEMBER_LEFT if left else audit.Event.MEMBER_REMOVED, member, by_id)
        erase_in_account(member.person_id, account_id)
        erasure.intend(account=account_id, person=member.person_id)
    return member


def is_last_administrator(member: Membership) -> bool:
    """Whether nobody else administers the account. Needs its scope."""
    if member.role != Role.ADMINISTRATOR:
        return False
    others = Membership.objects.filter(role=Role.ADMINISTRATOR).exclude(pk=member.pk)
    return not others.exists()


def _locked(account_id: UUID, member_id: UUID) -> Membership:
    # The account's row orders all changes of its team: two administrators cannot both leave at once.
    Account.objects.select_for_update().get(pk=account_id)
    return Membership.objects.select_related("person").get(pk=member_id)


def _another_administers(member: Membership) -> None:
    if is_last_administrator(member):
        raise LastAdministrator(f"member {member.pk} is the only administrator of their account")


def _record(event: audit.Event, member: Membership, by_id: UUID) -> None:
    audit.record(
        event,
        account_id=member.account_id,
        actor_id=by_id,
        actor_kind="person",
        subject_id=member.person_id,
        role=str(member.role),
    )
