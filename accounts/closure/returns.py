"""Giving everything back before an account is erased, step by step, each of which may be repeated after a crash.

The service stops, so that nothing is added any more; then a worker makes what is returned; then the administrators are
written to, and only from that letter on their time runs. What cannot be made keeps the account from being erased, and
stands on the desk until it is. Keeps P-RET-6 (Art. 28(3)(g), Art. 20).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from smtplib import SMTPException
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.closure.models import AccountClosure, Choice
from accounts.closure.telling import record, write
from accounts.teams.models import Account, AccountState
from accounts.teams.services import change_account
from paasoo_portal.core import audit, clock
from paasoo_portal.core.faults import fault
from privacy.exports import returns as returning
from privacy.exports import services as exports
from privacy.exports.models import ExportJob
from privacy.exports.sealed import FileRefused

log = logging.getLogger(__name__)

# What was accepted while the regions learnt that the service has stopped is written by then.
SETTLED: Final = timedelta(minutes=5)
REMIND_BEFORE: Final = timedelta(days=3)


def look_after() -> int:
    """Take every return a step further; how many are under way. Worker's role."""
    now = clock.now()
    found = AccountClosure.objects.filter(
        choice=Choice.RETURN, cancelled_at=None, begun_at=None, stops_at__lte=now
    )
    known = list(found.order_by("stops_at").values_list("pk", flat=True))
    for closure_id in known:
        _stop(closure_id)
        _stay_stopped(closure_id)
        _ask(closure_id)
        _keep_whole(closure_id)
        tell(closure_id)
        _remind(closure_id)
    returning.try_again()
    return len(known)


def made(job_id: UUID) -> None:
    """The hook `export.ready`: the letter goes out at once; what a crash kept back, `look_after` sends."""
    closure_id = AccountClosure.objects.filter(return_id=job_id).values_list("pk", flat=True).first()
    if closure_id is not None:
        tell(closure_id)


def fetch(found: AccountClosure, job: ExportJob, *, by_id: UUID) -> Iterator[bytes]:
    """The file in the clear. Fetched is what went out to its last byte; one that was altered is made anew."""
    try:
        yield from exports.fetch(job, by_id=by_id)
    except FileRefused:
        returning.make_anew(job.pk)
        raise
    AccountClosure.objects.filter(pk=found.pk, fetched_at=None, return_id=job.pk).update(
        fetched_at=clock.now()
    )


def confirm(*, account_id: UUID, by_id: UUID) -> bool:
    """An administrator has it whole: the account may be erased now. False when there is nothing to confirm."""
    with transaction.atomic():
        found = _locked(account_id=account_id, confirmed_at=None, returned_at__isnull=False)
        if found is None or found.fetched_at is None:
            return False
        found.confirmed_at = found.final_at = clock.now()
        found.save(update_fields=["confirmed_at", "final_at"])
        record(audit.Event.RETURN_CONFIRMED, found, by_id)
    return True


def job_of(found: AccountClosure) -> ExportJob | None:
    """What is being made or is ready, if it was begun."""
    return returning.standing(found.return_id)


def tell(closure_id: UUID) -> None:
    """Write that it can be fetched, and let its period run from then on. First the letter, then the note: somebody may
    be told twice after a crash, and nobody never.
    """
    found = AccountClosure.objects.filter(
        pk=closure_id, cancelled_at=None, begun_at=None, returned_at=None
    ).first()
    job = job_of(found) if found is not None else None
    if found is None or job is None or not returning.is_there(job):
        return
    found.final_at = clock.now() + timedelta(days=found.return_days)
    if not _sent(found, "accounts/mail/return_ready"):
        return
    fault("closure.told")
    with transaction.atomic():
        if (again := _locked(pk=closure_id, returned_at=None, return_id=job.pk)) is not None:
            again.returned_at = clock.now()
            again.final_at = again.returned_at + timedelta(days=again.return_days)
            again.save(update_fields=["returned_at", "final_at"])
            record(audit.Event.RETURN_MADE, again, None)


def _stop(closure_id: UUID) -> None:
    """End the service, for now: who keeps the account after all has it back as it was."""
    with transaction.atomic():
        found = _locked(pk=closure_id, stopped_at=None)
        if found is None:
            return
        found.was_open = _is_open(found.account_id)
        found.stopped_at = clock.now()
        found.save(update_fields=["was_open", "stopped_at"])
        if found.was_open:
            change_account(account_id=found.account_id, actor_id=None, state=AccountState.SUSPENDED)
    fault("closure.stopped")


def _stay_stopped(closure_id: UUID) -> None:
    """Where somebody opened the account meanwhile, what was made is not all there is: it stops and is made anew."""
    with transaction.atomic():
        found = _locked(pk=closure_id, stopped_at__isnull=False)
        if found is None or not _is_open(found.account_id):
            return
        change_account(account_id=found.account_id, actor_id=None, state=AccountState.SUSPENDED)
        returning.discard(found.return_id)
        found.was_open, found.stopped_at, found.return_id = True, clock.now(), None
        found.returned_at = found.reminded_at = found.fetched_at = found.confirmed_at = None
        found.final_at = clock.now() + timedelta(days=found.return_days)
        found.save()


def _is_open(account_id: UUID) -> bool:
    return Account.objects.filter(pk=account_id, state=AccountState.OPEN).exists()


def _ask(closure_id: UUID) -> None:
    with transaction.atomic():
        found = _locked(pk=closure_id, return_id=None, stopped_at__lte=clock.now() - SETTLED)
        if found is None:
            return
        found.return_id = returning.ask(found.account_id).pk
        found.save(update_fields=["return_id"])
    fault("closure.asked")


def _keep_whole(closure_id: UUID) -> None:
    """One whose file was lost is made anew, and its period begins anew, unless it was fetched."""
    with transaction.atomic():
        found = _locked(pk=closure_id, fetched_at=None, returned_at__isnull=False)
        job = job_of(found) if found is not None else None
        if found is not None and (job is None or not returning.is_there(job)):
            if job is not None:
                returning.make_anew(job.pk)
            else:
                found.return_id = None
            found.returned_at = found.reminded_at = None
            found.save(update_fields=["return_id", "returned_at", "reminded_at"])


def _remind(closure_id: UUID) -> None:
    """Once, shortly before the period of what nobody has fetched is over."""
    found = AccountClosure.objects.filter(
        pk=closure_id,
        cancelled_at=None,
        returned_at__isnull=False,
        fetched_at=None,
        reminded_at=None,
        final_at__lte=clock.now() + REMIND_BEFORE,
    ).first()
    if found is not None and _sent(found, "accounts/mail/return_reminder"):
        AccountClosure.objects.filter(pk=closure_id).update(reminded_at=clock.now())


def _sent(found: AccountClosure, word: str) -> bool:
    try:
        write(found, word, link=settings.PORTAL_URL + reverse("account_close"))
    except (SMTPException, OSError) as error:
        log.warning("a letter about a return was not sent", extra={"error": type(error).__name__})
        return False
    return True


def _locked(**chosen: object) -> AccountClosure | None:
    """A closing that is neither taken back nor begun, held until the transaction ends."""
    rows = AccountClosure.objects.select_for_update().filter(cancelled_at=None, begun_at=None)
    return rows.filter(choice=Choice.RETURN, **chosen).first()
