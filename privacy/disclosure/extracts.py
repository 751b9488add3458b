"""Extracts: a worker makes the file from copies, a second person releases it, and it is fetched once. Keeps P-RET-9, P-SEC-2.

The worker alone may read copies. What leaves is a ZIP of one line of JSON a copy, with a manifest; until it is fetched
it lies sealed, and its key lies in its row alone.
"""

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
from typing import Any, BinaryIO, Final
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from paasoo_portal.core import audit, clock, hooks, regions
from paasoo_portal.core.tenancy import system_scope
from privacy.disclosure.models import Extract, ExtractState
from privacy.errors import PrivacyError
from privacy.exports import sealed
from privacy.exports.content import line
from privacy.holds.models import LegalHold

log = logging.getLogger(__name__)

# Long enough for a colleague to come back on Monday; what nobody fetched is made anew.
KEPT: Final = timedelta(days=7)


class ExtractRefused(PrivacyError):
    user: str | Promise = _("This extract is not there any more, or not for you to decide on.")


class SomebodyElse(ExtractRefused):
    user: str | Promise = _("It takes two: who prepared an extract does not release it.")


class OneAtATime(ExtractRefused):
    user: str | Promise = _("There is an extract already. It is fetched or goes first.")


def prepare(*, case_id: UUID, account_id: UUID | None, order_id: UUID | None, by_id: UUID) -> Extract:
    """Ask for the file. Raises OneAtATime."""
    try:
        with transaction.atomic():
            made = Extract.objects.create(
                case_id=case_id, account_id=account_id, order_id=order_id, prepared_by_id=by_id
            )
            _record(audit.Event.EXTRACT_PREPARED, made, by_id)
    except IntegrityError:
        raise OneAtATime(f"an extract of {case_id} is under way") from None
    transaction.on_commit(lambda: _send(made.pk))
    return made


def make(extract_id: UUID) -> None:
    """Make the file; sent twice it is made once. Worker's role."""
    found = Extract.objects.filter(pk=extract_id, state=ExtractState.WAITING).first()
    if found is None:
        return
    try:
        with tempfile.TemporaryFile() as plain:
            records = _write(found, plain)
            _finish(found, plain, records)
    except Exception:
        Extract.objects.filter(pk=extract_id, state=ExtractState.WAITING).update(state=ExtractState.FAILED)
        raise


def release(extract_id: UUID, *, by_id: UUID) -> Extract:
    """The second person's word. Raises ExtractRefused, SomebodyElse."""
    with transaction.atomic():
        found = _of_state(extract_id, ExtractState.READY)
        if by_id == found.prepared_by_id:
            raise SomebodyElse(f"extract {extract_id} was prepared by the same person")
        found.state, found.released_by_id, found.released_at = ExtractState.RELEASED, by_id, clock.now()
        found.save(update_fields=["state", "released_by_id", "released_at"])
        _record(audit.Event.EXTRACT_RELEASED, found, by_id)
    return found


def fetch(extract_id: UUID, *, by_id: UUID) -> tuple[Extract, Iterator[bytes]]:
    """The file in the clear, once: its key is gone from the row before the first byte leaves. Raises ExtractRefused."""
    with transaction.atomic():
        found = _of_state(extract_id, ExtractState.RELEASED)
        key = bytes(found.key)
        found.state, found.key = ExtractState.FETCHED, b""
        found.fetched_by_id, found.fetched_at = by_id, clock.now()
        found.save(update_fields=["state", "key", "fetched_by_id", "fetched_at"])
        _record(audit.Event.EXTRACT_FETCHED, found, by_id)
    return found, _stream(found, key)


def forget() -> int:
    """Let go of what nobody fetched within a week, and take up what a crash left; how many are gone. Worker's role."""
    now = clock.now()
    for found in Extract.objects.filter(
        state=ExtractState.WAITING, prepared_at__lt=now - timedelta(minutes=10)
    ):
        _send(found.pk)
    over = list(
        Extract.objects.filter(state__in=[ExtractState.READY, ExtractState.RELEASED], expires_at__lte=now)
    )
    for found in over:
        path_of(found.pk).unlink(missing_ok=True)
        Extract.objects.filter(pk=found.pk).update(state=ExtractState.OVER, key=b"")
    return len(over)


def withdraw(case_id: UUID) -> None:
    """With the copies goes what was made of them and not fetched yet. Worker's role."""
    waiting = (ExtractState.WAITING, ExtractState.READY, ExtractState.RELEASED)
    for found in Extract.objects.filter(case_id=case_id, state__in=waiting):
        path_of(found.pk).unlink(missing_ok=True)
        Extract.objects.filter(pk=found.pk).update(state=ExtractState.OVER, key=b"")


def ended(*, alias: str, case_id: UUID) -> None:
    """The hook `preservation.ended`."""
    withdraw(case_id)


def of(case_id: UUID) -> list[Extract]:
    """The extracts of a hold or case, newest first."""
    return list(Extract.objects.filter(case_id=case_id).order_by("-prepared_at"))


def path_of(extract_id: UUID) -> Path:
    return Path(settings.MEDIA_ROOT) / "extracts" / f"{extract_id}.sealed"


def _of_state(extract_id: UUID, state: ExtractState) -> Extract:
    found = Extract.objects.select_for_update().filter(pk=extract_id, state=state).first()
    if found is None or (found.expires_at is not None and found.expires_at <= clock.now()):
        raise ExtractRefused(f"extract {extract_id} is not {state}")
    return found


def _stream(found: Extract, key: bytes) -> Iterator[bytes]:
    path = path_of(found.pk)
    try:
        yield from sealed.unseal(path, key, found.pk)
    finally:
        path.unlink(missing_ok=True)


def _write(found: Extract, plain: BinaryIO) -> int:
    """The ZIP: a file for each region, one for a person, and a manifest with their digests; how many records."""
    manifest: list[dict[str, Any]] = []
    with zipfile.ZipFile(plain, "w", zipfile.ZIP_DEFLATED) as archive:
        for alias in regions.aliases():
            with system_scope("disclosure", using=("default", alias)):
                for records in hooks.call("disclosure.copies", alias=alias, case_id=found.case_id):
                    _part(archive, manifest, f"{alias}-{len(manifest)}.jsonl", records)
        archive.writestr("manifest.json", json.dumps(manifest, indent=2))
    return sum(int(one["records"]) for one in manifest)


def _part(
    archive: zipfile.ZipFile, manifest: list[dict[str, Any]], name: str, records: Iterator[dict[str, Any]]
) -> None:
    digest, count = hashlib.sha256(), 0
    with archive.open(name, "w", force_zip64=True) as file:
        for record in records:
            text = line(record)
            digest.update(text)
            file.write(text)
            count += 1
    manifest.append({"file": name, "records": count, "sha256": digest.hexdigest()})


def _finish(found: Extract, plain: BinaryIO, records: int) -> None:
    size = plain.seek(0, io.SEEK_END)
    plain.seek(0)
    digest = hashlib.file_digest(plain, "sha256").hexdigest()  # type: ignore[arg-type]
    plain.seek(0)
    key, target = secrets.token_bytes(32), path_of(found.pk)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".draft")
    sealed.seal(plain, draft, key, found.pk)
    with transaction.atomic():
        done = Extract.objects.select_for_update().get(pk=found.pk)
        if done.state != ExtractState.WAITING:
            draft.unlink(missing_ok=True)
            return
        done.state, done.key, done.digest = ExtractState.READY, key, digest
        done.size, done.records, done.expires_at = size, records, clock.now() + KEPT
        done.save()
        draft.replace(target)


def _send(extract_id: UUID) -> None:
    try:
        current_app.send_task("privacy.make_extract", args=[str(extract_id)], retry=False)
    except OperationalError:
        log.warning("an extract waits for the broker", extra={"extract": str(extract_id)})


def _record(event: audit.Event, found: Extract, by_id: UUID) -> None:
    """In the account's trail, unless it is made of what the customer must not know of."""
    secret = LegalHold.objects.filter(pk=found.case_id, secret=True).exists()
    audit.record(
        event,
        account_id=None if secret else found.account_id,
        actor_id=by_id,
        actor_kind="staff",
        subject_id=found.pk,
    )
