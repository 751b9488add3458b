"""Deciding to close, taking it back, and closing: step by step, each of which may be repeated after a crash."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.api_keys.models import ApiKey
from accounts.api_keys.services import revoke_api_key
from accounts.centre.answers import accounts_of
from accounts.closure.models import AccountClosure, Choice
from accounts.closure.telling import record, tell_administrators
from accounts.erasure.rows import erase_in_account
from accounts.erasure.services import erase_person, erase_person_again
from accounts.errors import AccountError
from accounts.people.models import Person
from accounts.teams.models import Account, AccountState, Membership
from accounts.teams.services import change_account
from paasoo_portal.core import audit, clock, hooks, mail, regions
from paasoo_portal.core.faults import fault
from paasoo_portal.core.locks import only_one
from paasoo_portal.core.tenancy import TenantModel, scope, system_scope
from privacy import journal
from privacy.catalogue import people
from privacy.catalogue.people import Place
from privacy.catalogue.terms import Erasure
from privacy.clocks import register as clocks
from privacy.clocks.models import ClockKind
from privacy.exports import returns as returning
from privacy.retention import closing

log = logging.getLogger(__name__)
# What is to be returned is made first, whatever the day says (P-RET-6).
_DUE: Final = Q(cancelled_at=None, finished_at=None) & (
    Q(choice=Choice.DELETE) | Q(returned_at__isnull=False)
)

ACCOUNT: Final = "account"


class ClosingAlready(AccountError):
    user: str | Promise = _("The account is to be closed already.")


def ask(*, account_id: UUID, person: Person, choice: str) -> AccountClosure:
    """Decide to close in some days, and whether everything is returned first; every administrator is told.

    With a return they end the service, and the account is erased once that was fetched or its period is over (see
    `returns`). Raises ClosingAlready.
    """
    now = clock.now()
    grace = clocks.days(ClockKind.CLOSING)
    days = clocks.span(ClockKind.RETURN).days if choice == Choice.RETURN else 0
    with scope(account_id):
        try:
            with transaction.atomic():
                made = AccountClosure.objects.create(
                    account_id=account_id,
                    asked_by_id=person.pk,
                    asked_at=now,
                    final_at=now + grace + timedelta(days=days),
                    choice=choice,
                    return_days=days,
                    stops_at=now + grace if days else None,
                )
        except IntegrityError:
            raise ClosingAlready(f"account {account_id} is to be closed already") from None
        record(audit.Event.CLOSURE_ASKED, made, person.pk, choice=str(choice))
        tell_administrators(made, "accounts/mail/closing", by=person.name or person.email)
    return made


def cancel(*, account_id: UUID, person: Person) -> bool:
    """Take it back, until the account is being closed; False when there is nothing to take back."""
    with scope(account_id):
        found = (
            AccountClosure.objects.select_for_update()
            .filter(account_id=account_id, cancelled_at=None, begun_at=None)
            .first()
        )
        if found is None:
            return False
        found.cancelled_at = clock.now()
        found.save(update_fields=["cancelled_at"])
        if found.was_open:
            change_account(account_id=account_id, actor_id=person.pk, state=AccountState.OPEN)
        returning.discard(found.return_id)
        record(audit.Event.CLOSURE_CANCELLED, found, person.pk)
        tell_administrators(found, "accounts/mail/closing_cancelled", by=person.name or person.email)
    return True


def pending(account_id: UUID) -> AccountClosure | None:
    return AccountClosure.objects.filter(account_id=account_id, cancelled_at=None, finished_at=None).first()


def close_due() -> int:
    """Close every account whose time has come; how many. Worker's role."""
    due = AccountClosure.objects.filter(_DUE, final_at__lte=clock.now()).order_by("final_at")
    done = 0
    for found in due:
        done += close(found.pk)
    return done


def close(closure_id: UUID) -> bool:
    """Close one account, or go on where a crash stopped it; False when it is none of now's, or another's work."""
    with only_one("default", int.from_bytes(closure_id.bytes[8:], signed=True)) as mine:
        return mine and _close(closure_id)


def _close(closure_id: UUID) -> bool:
    with transaction.atomic():
        due = AccountClosure.objects.filter(_DUE, final_at__lte=clock.now())
        found = due.select_for_update().filter(pk=closure_id).first()
        if found is None:
            return False
        found.begun_at = found.begun_at or clock.now()
        found.save(update_fields=["begun_at"])
    fault("closure.begun")
    account_id = found.account_id
    _stop(account_id)
    returning.discard(found.return_id)
    certificates = []
    for alias in regions.aliases():
        certificate = closing.erase_traffic(alias, account_id, found.pk, returned=_told(found))
        certificates += [str(certificate.pk)] if certificate is not None else []
        _erase_traffic(alias, account_id)
        # Its mark comes after its rows: a copy without it may still have any of them.
        with journal.erasing(ACCOUNT, database=alias, account=account_id, closing=found.pk):
            pass
    gone = _part_with_people(account_id, found)
    _erase_account(account_id)
    with journal.erasing(ACCOUNT, database="default") as erasure:
        found.finished_at = clock.now()
        found.counts = {"people": gone, "certificates": certificates}
        found.save(update_fields=["finished_at", "counts"])
        record(audit.Event.ACCOUNT_CLOSED, found, None)
        erasure.intend(account=account_id, closing=found.pk)
    log.info("account closed", extra={"closing": str(found.pk), "people": gone})
    return True


def close_again(database: str, account_id: UUID, closure_id: UUID, at: datetime) -> None:
    """In an old copy, where the account is still open: nobody is asked or told, for it was done before. Worker's role."""
    if database != "default":
        _erase_traffic(database, account_id)
        return
    if not Account.objects.filter(pk=account_id).exists():
        return
    _stop(account_id)
    gone = _part_with_people(account_id, None)
    _erase_account(account_id)
    AccountClosure.objects.filter(account_id=account_id, cancelled_at=None).exclude(pk=closure_id).update(
        cancelled_at=at
    )
    found, _ = AccountClosure.objects.get_or_create(
        pk=closure_id, defaults={"account_id": account_id, "asked_at": at, "final_at": at}
    )
    found.begun_at = found.begun_at or at
    found.finished_at, found.counts = at, {"people": gone}
    found.save()
    record(audit.Event.ACCOUNT_CLOSED, found, None)


def hold_released(*, alias: str, account_id: UUID) -> None:
    """The hook `hold.released`: what a hold kept of a closed account goes as the rest went. Worker's role."""
    if AccountClosure.objects.filter(account_id=account_id).exclude(finished_at=None).exists():
        hooks.call("account.closed", alias=alias, account_id=account_id)


def _stop(account_id: UUID) -> None:
    """Nothing is sent any more; regions are told on commit."""
    with scope(account_id):
        working = list(ApiKey.objects.filter(revoked_at=None).values_list("pk", flat=True))
    for key_id in working:
        revoke_api_key(account_id=account_id, key_id=key_id, revoked_by_id=None)
    if Account.objects.filter(pk=account_id).exclude(state=AccountState.CLOSED).exists():
        change_account(account_id=account_id, actor_id=None, state=AccountState.CLOSED)


def _erase_traffic(alias: str, account_id: UUID) -> None:
    """An account's rows in one region, once its keys are gone."""
    hooks.call("account.closed", alias=alias, account_id=account_id)
    _erase_places(account_id, alias)


def _told(found: AccountClosure) -> dict[str, str | None]:
    """What the certificate says of the choice: whether everything was returned first, and when it was fetched."""
    moments = {
        "made_at": found.returned_at,
        "fetched_at": found.fetched_at,
        "confirmed_at": found.confirmed_at,
    }
    told: dict[str, str | None] = {"choice": found.choice}
    return told | {name: at.isoformat() if at is not None else None for name, at in moments.items()}


def _part_with_people(account_id: UUID, found: AccountClosure | None) -> int:
    """Whoever has no other account, and does not work for us, goes; the others lose their place. How many went.

    Without the closing it is done again, in an old copy, and nobody is told.
    """
    with scope(account_id):
        members = list(Membership.objects.values_list("person_id", flat=True))
    gone = 0
    for person_id in members:
        person = Person.objects.get(pk=person_id)
        if person.is_staff or len(accounts_of(person_id)) > 1:
            erase_in_account(person_id, account_id)
            if found is not None:
                mail.send("accounts/mail/closed", person.email, {"closing": found}, language=person.language)
        elif found is None:
            erase_person_again(person_id)
            gone += 1
        else:
            gone += erase_person(person_id, by_id=None, by_kind="system", closing=found)
    return gone


def _erase_account(account_id: UUID) -> None:
    """What the catalogue says of each table that is an organisation's; accounting records stay (P-RET-4)."""
    _erase_places(account_id, "default")
    Account.objects.filter(pk=account_id).update(name="", default_sender="", push_url="")


def _erase_places(account_id: UUID, alias: str) -> None:
    for place in people.places():
        if _goes_with_account(place) and place.traffic == (alias != "default"):
            _delete(place, account_id, alias)


def _goes_with_account(place: Place) -> bool:
    """Rows that are the organisation's, unless a rule of so many days keeps them (P-RET-4, P-RET-8).

    What dies by its key has its own end: traffic went before, and preserved copies outlive the account (P-RET-9).
    """
    erasure = place.declaration.erasure
    with_account = place.declaration.retention.days is None and erasure not in {Erasure.BLANK, Erasure.KEY}
    return bool(place.of_account) and (erasure is Erasure.ROW or with_account)


def _delete(place: Place, account_id: UUID, alias: str) -> None:
    rows = place.model._base_manager.using(alias).filter(**{place.of_account: account_id})
    if place.traffic:
        with system_scope("account_close", using=(alias,)):
            rows.delete()
    elif issubclass(place.model, TenantModel):
        with scope(account_id):
            rows.delete()
    else:
        rows.delete()
