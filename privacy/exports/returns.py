"""What an account gets back before it is erased: made by the same worker as any copy, and tried until it is made.

Keeps P-RET-6: who erases asks `standing` first, and takes nothing but READY for an answer.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from paasoo_portal.core import audit, clock
from privacy.exports import services
from privacy.exports.models import ExportJob, ExportKind, ExportState

log = logging.getLogger(__name__)

RETRY_AFTER: Final = timedelta(minutes=10)


def ask(account_id: UUID) -> ExportJob:
    """Have everything of the account made ready, or give what is being made already. Needs a transaction."""
    live = (ExportState.WAITING, ExportState.RUNNING, ExportState.READY, ExportState.FAILED)
    known = ExportJob.objects.filter(account_id=account_id, kind=ExportKind.RETURN, state__in=live).first()
    if known is not None:
        return known
    made = ExportJob.objects.create(kind=ExportKind.RETURN, person_id=None, account_id=account_id)
    audit.record(
        audit.Event.EXPORT_ASKED,
        account_id=account_id,
        actor_id=None,
        actor_kind="system",
        subject_id=made.pk,
        kind=str(ExportKind.RETURN),
    )
    services.begin(made.pk)
    return made


def try_again() -> int:
    """Have those made that failed; how many. Each stands on the desk until it is made."""
    failed = ExportJob.objects.filter(
        kind=ExportKind.RETURN, state=ExportState.FAILED, touched_at__lt=clock.now() - RETRY_AFTER
    )
    again = 0
    for job in failed:
        log.error("the return of an account failed; it is not erased", extra={"job": str(job.pk)})
        again += _anew(job.pk, ExportState.FAILED)
    return again


def standing(job_id: UUID | None) -> ExportJob | None:
    """The return, if there is one that is still wanted."""
    if job_id is None:
        return None
    return ExportJob.objects.filter(pk=job_id, kind=ExportKind.RETURN).exclude(state=ExportState.OVER).first()


def troubled() -> QuerySet[ExportJob]:
    """Those that failed and are not made yet, for the desk."""
    live = (ExportState.WAITING, ExportState.RUNNING, ExportState.FAILED)
    found = ExportJob.objects.filter(kind=ExportKind.RETURN, state__in=live, failures__gt=0)
    return found.order_by("touched_at")


def is_there(job: ExportJob) -> bool:
    """Whether it was made and its file lies where it should."""
    return job.state == ExportState.READY and services.path_of(job.pk, job.kind).is_file()


def make_anew(job_id: UUID) -> None:
    """One whose file is gone or was altered: nobody gets that, and another is made."""
    log.error("the file of a return is lost; it is made anew", extra={"job": str(job_id)})
    _anew(job_id, ExportState.READY)


def discard(job_id: UUID | None) -> None:
    """Let go of it, key first, file then; one that is being made ends at its next sign of life."""
    job = standing(job_id)
    if job is not None:
        ExportJob.objects.filter(pk=job.pk).update(state=ExportState.OVER, key=b"")
        path = services.path_of(job.pk, job.kind)
        path.unlink(missing_ok=True)
        path.with_suffix(".draft").unlink(missing_ok=True)


def _anew(job_id: UUID, state: str) -> int:
    with transaction.atomic():
        job = ExportJob.objects.select_for_update().get(pk=job_id)
        if job.state != state:
            return 0
        job.failures += state == ExportState.READY
        job.state, job.touched_at, job.asked_at = ExportState.WAITING, clock.now(), clock.now()
        job.save(update_fields=["state", "touched_at", "asked_at", "failures"])
        services.begin(job_id)
    return 1
