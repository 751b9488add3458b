"""Writing to the audit trail and checking that nobody edited it."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from paasoo_portal.core import clock
from paasoo_portal.core.audit.events import Event
from paasoo_portal.core.audit.models import AuditAnchor, AuditEvent

SYSTEM_CHAIN = UUID(int=0)
Value = str | int | bool | None


def record(
    event: Event,
    *,
    account_id: UUID | None = None,
    actor_id: UUID | None = None,
    actor_kind: str = "system",
    subject_id: UUID | None = None,
    **data: Value,
) -> None:
    """Append an event to the account's trail (or the system's), in the caller's transaction.

    `data` holds ids, counts and enum values only, never what a person typed.
    """
    chain = account_id or SYSTEM_CHAIN
    with transaction.atomic():
        lock(chain)
        head = AuditEvent.objects.filter(chain=chain).order_by("-number").first() or _anchor(chain)
        number = head.number + 1 if head else 1
        at = clock.now()
        entry = AuditEvent(
            chain=chain,
            number=number,
            at=at,
            event=event,
            actor_kind=actor_kind,
            actor_id=actor_id,
            subject_id=subject_id,
            data=data,
        )
        entry.digest = _digest(bytes(head.digest) if head else b"", entry, at)
        entry.save(force_insert=True)


def verify(chain: UUID) -> int | None:
    """The number of the first entry that does not fit its predecessor, or None when the trail is whole.

    Whole is a trail from its anchor on, once its oldest part is over its time and gone.
    """
    anchor = _anchor(chain)
    previous, expected = (bytes(anchor.digest), anchor.number + 1) if anchor else (b"", 1)
    for entry in AuditEvent.objects.filter(chain=chain).order_by("number").iterator():
        if entry.number != expected or bytes(entry.digest) != _digest(previous, entry, entry.at):
            # Cut meanwhile, the trail begins elsewhere than a moment ago.
            moved = (found := _anchor(chain)) is not None and (anchor is None or found.number > anchor.number)
            return verify(chain) if moved else expected
        previous, expected = bytes(entry.digest), expected + 1
    return None


def lock(chain: UUID) -> None:
    """One writer of a trail at a time, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", [str(chain)])


def _anchor(chain: UUID) -> AuditAnchor | None:
    return AuditAnchor.objects.filter(chain=chain).first()


def _digest(previous: bytes, entry: AuditEvent, at: datetime) -> bytes:
    body: dict[str, Any] = {
        "chain": str(entry.chain),
        "number": entry.number,
        "at": at.isoformat(),
        "event": str(entry.event),
        "actor": [entry.actor_kind, str(entry.actor_id or "")],
        "subject": str(entry.subject_id or ""),
        "data": entry.data,
    }
    return hashlib.sha256(previous + json.dumps(body, sort_keys=True).encode()).digest()
