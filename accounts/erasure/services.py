"""Erasing a person: rows go, ids are blanked, what must stay stays by a number that names nobody any more."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db import transaction

from accounts.centre.answers import accounts_of
from accounts.closure.models import AccountClosure
from accounts.erasure import rows
from accounts.errors import LastAdministrator, WorksHere
from accounts.people.models import Person
from accounts.teams.members import is_last_administrator, remove_member
from accounts.teams.models import Invitation, Membership
from paasoo_portal.core import audit, clock, mail
from paasoo_portal.core.tenancy import scope
from privacy import journal
from privacy.exports import services as exports
from privacy.exports.models import ExportJob
from privacy.requests.models import Kind, RightsRequest

PERSON: Final = "person"


def erase_person(
    person_id: UUID, *, by_id: UUID | None, by_kind: str, closing: AccountClosure | None = None
) -> bool:
    """Erase everything about a person that need not stay; False when there is nobody.

    Raises WorksHere of staff, LastAdministrator while an account, but for the one that is closing, would be left
    without one.
    """
    person = Person.objects.filter(pk=person_id).first()
    if person is None:
        return False
    if person.is_staff:
        raise WorksHere(f"person {person_id} is staff")
    accounts = accounts_of(person_id)
    address, language = person.email, person.language
    with journal.erasing(PERSON, database="default") as erasure:
        for account_id in accounts:
            if closing is None or account_id != closing.account_id:
                _may_leave(account_id, person_id)
        _erase(person, accounts)
        _record(person_id, accounts, by_id, by_kind)
        word = "accounts/mail/closed" if closing else "accounts/mail/erased"
        transaction.on_commit(lambda: mail.send(word, address, {"closing": closing}, language=language))
        erasure.intend(person=person_id)
    return True


def erase_person_again(person_id: UUID) -> None:
    """In an old copy, where they still are: nobody is asked or told, for it was done before. Needs a transaction."""
    person = Person.objects.filter(pk=person_id).first()
    if person is not None:
        accounts = accounts_of(person_id)
        _erase(person, accounts)
        _record(person_id, accounts, None, "system")


def _erase(person: Person, accounts: list[UUID]) -> None:
    for job in ExportJob.objects.filter(person_id=person.pk):
        exports.path_of(job.pk, job.kind).unlink(missing_ok=True)
    rows.erase_everywhere(person.pk, accounts)
    Invitation.objects.filter(email__iexact=person.email).delete()
    _end_sessions(person.pk)
    Person.objects.filter(pk=person.pk).delete()


def _record(person_id: UUID, accounts: list[UUID], by_id: UUID | None, by_kind: str) -> None:
    trails: list[UUID | None] = [*accounts]
    for chain in trails or [None]:
        audit.record(
            audit.Event.PERSON_ERASED,
            account_id=chain,
            actor_id=by_id,
            actor_kind=by_kind if by_id else "system",
            subject_id=person_id,
        )


def fulfil(found: RightsRequest, *, by_id: UUID, by_kind: str) -> None:
    """Do what an answered request for erasure asks: of a member of several accounts, this place alone goes.

    Raises LastAdministrator, WorksHere.
    """
    if found.kind != Kind.ERASURE or found.person_id is None:
        return
    others = [known for known in accounts_of(found.person_id) if known != found.account_id]
    if found.account_id is None or not others:
        erase_person(found.person_id, by_id=by_id, by_kind=by_kind)
        return
    with scope(found.account_id):
        member = Membership.objects.filter(person_id=found.person_id).first()
    if member is not None:
        remove_member(account_id=found.account_id, member_id=member.pk, by_id=by_id)


def sole_accounts(person_id: UUID) -> list[UUID]:
    """The accounts that the person alone administers."""
    found = []
    for account_id in accounts_of(person_id):
        with scope(account_id):
            member = Membership.objects.get(person_id=person_id)
            if is_last_administrator(member):
                found.append(account_id)
    return found


def _may_leave(account_id: UUID, person_id: UUID) -> None:
    with scope(account_id):
        member = Membership.objects.select_for_update().get(person_id=person_id)
        if is_last_administrator(member):
            raise LastAdministrator(f"person {person_id} alone administers account {account_id}")


def _end_sessions(person_id: UUID) -> None:
    """Sessions name their person inside only; each is read, once in a person's life."""
    for session in Session.objects.filter(expire_date__gt=clock.now()).iterator():
        if session.get_decoded().get("_auth_user_id") == str(person_id):
            session.delete()
