"""What lower layers ask of accounts: whose accounts a person belongs to."""

from __future__ import annotations

from uuid import UUID

from accounts.teams.models import Membership
from paasoo_portal.core.tenancy import person_scope


def accounts_of(person_id: UUID) -> list[UUID]:
    """The hook `person.accounts`."""
    with person_scope(person_id):
        return list(Membership.objects.filter(person_id=person_id).values_list("account_id", flat=True))


def people_of(account_id: UUID) -> list[UUID]:
    """The hook `account.people`: its members. Needs the account's scope."""
    return list(Membership.objects.filter(account_id=account_id).values_list("person_id", flat=True))


def administrators_of(account_id: UUID) -> list[UUID]:
    """Needs the account's scope."""
    from accounts.teams.models import Role

    rows = Membership.objects.filter(account_id=account_id, role=Role.ADMINISTRATOR)
    return list(rows.values_list("person_id", flat=True))
