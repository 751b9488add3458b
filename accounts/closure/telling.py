"""What a closing leaves on the trail, and whom it writes to."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from accounts.centre.answers import administrators_of
from accounts.closure.models import AccountClosure
from accounts.people.models import Person
from accounts.teams.models import Account
from paasoo_portal.core import audit, mail
from paasoo_portal.core.tenancy import scope


def record(event: audit.Event, found: AccountClosure, actor_id: UUID | None, **data: str) -> None:
    audit.record(
        event,
        account_id=found.account_id,
        actor_id=actor_id,
        actor_kind="person" if actor_id else "system",
        subject_id=found.pk,
        **data,
    )


def tell_administrators(found: AccountClosure, word: str, **context: object) -> None:
    """On commit. Needs the account's scope."""
    transaction.on_commit(lambda: write(found, word, **context))


def write(found: AccountClosure, word: str, **context: object) -> None:
    """At once, to every administrator, outside any transaction. Raises OSError, SMTPException."""
    with scope(found.account_id):
        account = Account.objects.get(pk=found.account_id)
        bosses = list(Person.objects.filter(pk__in=administrators_of(found.account_id), is_active=True))
    told = {"account": account.name, "closing": found, "final_at": found.final_at} | context
    for boss in bosses:
        mail.send(word, boss.email, told, language=boss.language)
