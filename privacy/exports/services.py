"""Asking for a copy, making it, fetching it, letting it go."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import secrets
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from paasoo_portal.core import audit, clock, hooks
from paasoo_portal.core.faults import fault
from privacy.errors import PrivacyError
from privacy.exports import content, sealed
from privacy.exports.models import ExportJob, ExportKind, ExportState

log = logging.getLogger(__name__)

KEPT: Final = timedelta(days=7)
# A worker shows a sign of life with each part; without one for this long the job is somebody else's to make.
STALE_AFTER: Final = timedelta(minutes=10)
GIVEN_UP_AFTER: Final = timedelta(hours=6)
# A copy of a large account is work for hours: a stolen session must not keep the worker busy with nothing else.
PER_DAY: Final = 5
_README: Final = """\
This copy holds what PaaSoo stores about {whom}, as of {at}.

Each .jsonl file is a table; each line of it is one record in JSON (RFC 8259). manifest.json names every file with the
number of its records and its SHA-256. Passwords, keys and other secrets are left out; what was erased is not there any
more. Questions: privacy@paasoo.com
"""
_WHOM: Final[dict[str, str]] = {
    ExportKind.PERSON: "you",
    ExportKind.ACCOUNT: "your account",
    ExportKind.RETURN: "your organisation and returns to it before erasing it",
}
# Beyond so many records a part shows a sign of life of its own.
_SIGN_EVERY: Final = 2000


class NoLongerWanted(PrivacyError):
    """The copy was discarded while it was made."""


class TooManyCopies(PrivacyError):
    user: str | Promise = _(
        "You asked for five copies within a day. Fetch one of those, or ask again tomorrow."
    )


def ask(*, kind: ExportKind, person_id: UUID, account_id: UUID | None) -> ExportJob:
    """Start a copy, or give the one that is being made already. Raises TooManyCopies."""
    asked = ExportJob.objects.filter(person_id=person_id, asked_at__gt=clock.now() - timedelta(days=1))
    if asked.exclude(state=ExportState.FAILED).count() >= PER_DAY:
        raise TooManyCopies(f"person {person_id} asked for {PER_DAY} copies within a day")
    try:
        with transaction.atomic():
            made = ExportJob.objects.create(kind=kind, person_id=person_id, account_id=account_id)
            audit.record(
                audit.Event.EXPORT_ASKED,
                account_id=account_id,
                actor_id=person_id,
                actor_kind="person",
                subject_id=made.pk,
                kind=str(kind),
            )
            begin(made.pk)
    except IntegrityError:
        running = (ExportState.WAITING, ExportState.RUNNING)
        made = ExportJob.objects.get(person_id=person_id, kind=kind, account_id=account_id, state__in=running)
        # Sent again, should the first have been lost: a worker that has it already takes no notice.
        _send(made.pk)
    return made


def make(job_id: UUID) -> None:
    """Make the copy. Sent twice it is made once; after a crash it is made anew from the start."""
    job = _take(job_id)
    if job is None:
        return
    try:
        with tempfile.TemporaryFile() as plain:
            records = _write(job, plain)
            _finish(job, plain, records)
    except NoLongerWanted:
        log.info("a copy is no longer wanted", extra={"job": str(job_id)})
    except Exception:
        ExportJob.objects.filter(pk=job_id, state=ExportState.RUNNING).update(
            state=ExportState.FAILED, failures=F("failures") + 1
        )
        raise


def fetch(job: ExportJob, *, by_id: UUID) -> Iterator[bytes]:
    """The copy in the clear, chunk by chunk. Raises FileRefused when the file was altered."""
    audit.record(
        audit.Event.EXPORT_FETCHED,
        account_id=job.account_id,
        actor_id=by_id,
        actor_kind="person",
        subject_id=job.pk,
        kind=job.kind,
    )
    return sealed.unseal(path_of(job.pk, job.kind), bytes(job.key), job.pk)


def forget() -> int:
    """Let go of copies after a week, key and file; take up what a crash left; how many are gone."""
    now = clock.now()
    running = ExportJob.objects.filter(
        state__in=[ExportState.WAITING, ExportState.RUNNING], touched_at__lt=now - STALE_AFTER
    )
    for job in running:
        # What is to be returned is never given up: nothing is erased before it is made.
        if job.asked_at < now - GIVEN_UP_AFTER and job.kind != ExportKind.RETURN:
            ExportJob.objects.filter(pk=job.pk).update(state=ExportState.FAILED)
        else:
            if job.asked_at < now - GIVEN_UP_AFTER:
                ExportJob.objects.filter(pk=job.pk).update(failures=F("failures") + 1)
            _send(job.pk)
    over = ExportJob.objects.filter(state=ExportState.READY, expires_at__lte=now)
    for job in over:
        path_of(job.pk, job.kind).unlink(missing_ok=True)
        ExportJob.objects.filter(pk=job.pk).update(state=ExportState.OVER, key=b"")
    return len(over)


def path_of(job_id: UUID, kind: str = ExportKind.PERSON) -> Path:
    """Where the sealed file lies: what is returned lies apart, for it may stay longer."""
    apart = kind == ExportKind.RETURN
    folder = Path(settings.MEDIA_ROOT) / "returns" if apart else Path(settings.MEDIA_ROOT) / "exports"
    return folder / f"{job_id}.sealed"


def begin(job_id: UUID) -> None:
    """Have a worker make it, on commit."""
    transaction.on_commit(lambda: _send(job_id))


def _send(job_id: UUID) -> None:
    try:
        current_app.send_task("privacy.run_export", args=[str(job_id)], retry=False)
    except OperationalError:
        # The row is the queue: beat takes it up once the broker is back.
        log.warning("a copy waits for the broker", extra={"job": str(job_id)})


def _take(job_id: UUID) -> ExportJob | None:
    """The job, ours from now on; None when another worker has it or it is over."""
    now = clock.now()
    with transaction.atomic():
        job = ExportJob.objects.select_for_update().filter(pk=job_id).first()
        if job is None:
            return None
        alive = job.state == ExportState.RUNNING and job.touched_at > now - STALE_AFTER
        if alive or job.state not in {ExportState.WAITING, ExportState.RUNNING}:
            return None
        job.state, job.touched_at, job.parts_done = ExportState.RUNNING, now, 0
        job.save(update_fields=["state", "touched_at", "parts_done"])
    return job


def _parts(job: ExportJob) -> list[content.Part]:
    if job.account_id is not None and job.kind == ExportKind.RETURN:
        return content.of_return(job.account_id)
    if job.account_id is not None and job.kind == ExportKind.ACCOUNT:
        return content.of_account(job.account_id)
    assert job.person_id is not None
    found = [known for answer in hooks.call("person.accounts", person_id=job.person_id) for known in answer]
    return content.of_person(job.person_id, found)


def _write(job: ExportJob, plain: BinaryIO) -> int:
    """The ZIP, streamed; how many records it holds."""
    parts = _parts(job)
    ExportJob.objects.filter(pk=job.pk).update(parts=len(parts))
    manifest = []
    with zipfile.ZipFile(plain, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "README.txt", _README.format(whom=_WHOM[job.kind], at=clock.now().isoformat(timespec="seconds"))
        )
        for place, part in enumerate(parts, 1):
            digest, count = hashlib.sha256(), 0
            with archive.open(part.name, "w", force_zip64=True) as file:
                for record in part.records():
                    text = content.line(record)
                    digest.update(text)
                    file.write(text)
                    count += 1
                    if count % _SIGN_EVERY == 0:
                        _sign(job, place - 1)
            manifest.append(
                {"file": part.name, "about": part.about, "records": count, "sha256": digest.hexdigest()}
            )
            _sign(job, place)
        archive.writestr("manifest.json", json.dumps(manifest, indent=2, ensure_ascii=False))
    return sum(int(str(entry["records"])) for entry in manifest)


def _sign(job: ExportJob, parts_done: int) -> None:
    """A sign of life, and a look whether it is still wanted. Raises NoLongerWanted."""
    mine = ExportJob.objects.filter(pk=job.pk, state=ExportState.RUNNING)
    if not mine.update(parts_done=parts_done, touched_at=clock.now()):
        raise NoLongerWanted(f"export {job.pk} was discarded")


def _finish(job: ExportJob, plain: BinaryIO, records: int) -> None:
    size = plain.seek(0, io.SEEK_END)
    plain.seek(0)
    digest = hashlib.file_digest(plain, "sha256").hexdigest()  # type: ignore[arg-type]
    plain.seek(0)
    key = secrets.token_bytes(32)
    target = path_of(job.pk, job.kind)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".draft")
    sealed.seal(plain, draft, key, job.pk)
    fault("export.sealed")
    now = clock.now()
    with transaction.atomic():
        done = ExportJob.objects.select_for_update().get(pk=job.pk)
        if done.state != ExportState.RUNNING:
            draft.unlink(missing_ok=True)
            return
        done.state, done.key, done.digest, done.size, done.records = (
            ExportState.READY,
            key,
            digest,
            size,
            records,
        )
        done.ready_at, done.touched_at = now, now
        # What is returned stays until its account is erased, or stays after all.
        done.expires_at = None if done.kind == ExportKind.RETURN else now + KEPT
        done.save()
        draft.replace(target)
        transaction.on_commit(lambda: hooks.call("export.ready", job_id=job.pk))
