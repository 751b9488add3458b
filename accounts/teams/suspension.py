"""Suspending an account, by staff and with a reason: nothing is sent any more, nothing is lost, everything is told."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from accounts.centre.answers import administrators_of
from accounts.closure.models import AccountClosure
from accounts.errors import AccountError
from accounts.people.models import Person
from accounts.teams.models import Account, AccountState
from accounts.teams.services import change_account
from paasoo_portal.core import audit, mail
from paasoo_portal.core.tenancy import scope


class Why(models.TextChoices):
    """Why staff suspend an account; its administrators read it."""

    ABUSE = "abuse", _("Messages were sent against our terms")
    SECURITY = "security_incident", _("Somebody else may be using the account")
    UNPAID = "unpaid", _("An invoice is not paid")
    ASKED = "asked_for", _("An administrator of the account asked for it")


class NotTheTime(AccountError):
    """Only an open account is suspended, and only a suspended one that is not being closed works again."""

    user = _("The account is not in a state in which this can be done.")


def suspend(account_id: UUID, *, by_id: UUID, why: str) -> None:
    """Raises NotTheTime unless it is open."""
    with scope(account_id), transaction.atomic():
        _must_be(account_id, AccountState.OPEN)
        _set(account_id, AccountState.SUSPENDED, audit.Event.ACCOUNT_SUSPENDED, by_id, reason=why)
        _tell(account_id, "accounts/mail/suspended", why=Why(why).label)


def resume(account_id: UUID, *, by_id: UUID) -> None:
    """Raises NotTheTime unless it is suspended, and not because it is being closed."""
    with scope(account_id), transaction.atomic():
        _must_be(account_id, AccountState.SUSPENDED)
        closings = AccountClosure.objects.filter(account_id=account_id, cancelled_at=None)
        if closings.exclude(stopped_at=None, begun_at=None).exists():
            raise NotTheTime(f"account {account_id} is being closed")
        _set(account_id, AccountState.OPEN, audit.Event.ACCOUNT_RESUMED, by_id)
        _tell(account_id, "accounts/mail/resumed")


def _must_be(account_id: UUID, state: AccountState) -> None:
    if Account.objects.select_for_update().get(pk=account_id).state != state:
        raise NotTheTime(f"account {account_id} is not {state}")


def _set(account_id: UUID, state: AccountState, event: audit.Event, by_id: UUID, **data: str) -> None:
    change_account(account_id=account_id, actor_id=by_id, actor_kind="staff", state=state)
    audit.record(
        event, account_id=account_id, actor_id=by_id, actor_kind="staff", subject_id=account_id, **data
    )


def _tell(account_id: UUID, word: str, **context: Any) -> None:
    """Every administrator, on commit."""
    name = Account.objects.values_list("name", flat=True).get(pk=account_id)
    bosses = list(Person.objects.filter(pk__in=administrators_of(account_id), is_active=True))

    def write() -> None:
        for boss in bosses:
            mail.send(word, boss.email, {"account": name, **context}, language=boss.language)

    transaction.on_commit(write)
