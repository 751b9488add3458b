"""Changes of a person's factors leave a trace in each of their accounts' trails."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed

from accounts.people.models import Person
from accounts.seats import roles_of
from paasoo_portal.core import audit


def _record(event: audit.Event, person: Person, kind: str) -> None:
    trails: list[UUID | None] = [*roles_of(person)]
    for account_id in trails or [None]:
        audit.record(
            event,
            account_id=account_id,
            actor_id=person.pk,
            actor_kind="person",
            subject_id=person.pk,
            what=kind,
        )


def added(*, user: Person, authenticator: Authenticator, **kwargs: Any) -> None:
    _record(audit.Event.FACTOR_ADDED, user, authenticator.type)


def removed(*, user: Person, authenticator: Authenticator, **kwargs: Any) -> None:
    _record(audit.Event.FACTOR_REMOVED, user, authenticator.type)


def connect() -> None:
    authenticator_added.connect(added, dispatch_uid="accounts.mfa.added")
    authenticator_removed.connect(removed, dispatch_uid="accounts.mfa.removed")
