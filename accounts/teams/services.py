"""The only writers of accounts, and of places in them (see members and invitations for the rest of a team).

Keeps P-SEC-5: a new account keeps least by default.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.billing.models import Balance
from accounts.errors import AlreadyMember
from accounts.people.models import Person
from accounts.teams.models import Account, Membership, Role
from paasoo_portal.core import audit, hooks
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope

# What of an account may be changed after it was opened; every other column has its own service or none.
_CHANGEABLE: Final = frozenset({"name", "state", "default_sender", "push_url", "throttle_per_second"})


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


def _announce(account_id: UUID) -> None:
    transaction.on_commit(lambda: hooks.call("account.changed", account_id=account_id))


def _record(
    event: audit.Event, account_id: UUID, actor_id: UUID | None, actor_kind: str = "person", **data: Any
) -> None:
    kind = actor_kind if actor_id else "system"
    audit.record(event, account_id=account_id, actor_id=actor_id, actor_kind=kind, **data)
