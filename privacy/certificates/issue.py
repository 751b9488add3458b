"""Issuing certificates of erasure: what went, why, since when, and what is *not* covered. Keeps P-RET-2,
P-RET-7.

Each is chained to the one before and signed with the vault's key; the body is stored exactly as signed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from django.conf import settings
from django.db import connection, connections, transaction

from paasoo_portal.core import clock
from paasoo_portal.core.audit import Event, record
from paasoo_portal.core.tenancy import system_scope
from privacy.catalogue import catalogue
from privacy.catalogue.render import version
from privacy.certificates import canonical
from privacy.certificates.journaled import journaled
from privacy.certificates.models import Certificate
from privacy.certificates.verify import require_own_key
from privacy.keys import signing
from privacy.keys.burial import Buried
from privacy.keys.models import DataClass
from privacy.keys.promise import Promise, promise

RETENTION, DESTRUCTION, ERASURE = "retention", "destruction", "erasure"
INSTRUCTED: Final = "the account's retention instruction, or the published default"
ORDERED: Final = "the customer erased single messages, or everything of a number"
CLOSED: Final = "the account was closed by its administrator"
RELEASED: Final = "the legal hold under which the copies were kept was released"
CASE_ENDED: Final = "the named exception under which the copies were kept has ended"
NOT_COVERED: Final = (
    "copies of the vault or of plaintext made before the erasure",
    "copies under a legal hold or a named exception, which are listed to the account as far as the law lets us, and "
    "get a certificate of their own when they end",
    "what was handed to carriers, recipients and the customer's own systems, and downloads",
    "clear columns (sender IDs, client references, countries, states), which leave with their day's partition and "
    "with the oldest back-up",
)
_DESTRUCTIONS: Final = UUID("0d1f6a52-6f0c-5b60-9d51-6c1b7e2a4f10")
NO_PREDECESSOR: Final = "0" * 64


@dataclass(frozen=True)
class ErasedLine:
    """Of one class: the keys that went, the days they sealed (both included), the last epoch that held them."""

    data_class: int
    keys: int
    first_day: date
    last_day: date
    last_epoch: int
    messages: int | None = None

    def counted(self, messages: int) -> ErasedLine:
        return replace(self, messages=messages)


def lines_of(buried: Sequence[Buried]) -> list[ErasedLine]:
    """What a certificate counts of keys that died, by class."""
    classes = sorted({one.data_class for one in buried})
    return [_counted([one for one in buried if one.data_class == data_class]) for data_class in classes]


def _counted(keys: Sequence[Buried]) -> ErasedLine:
    starts = [one.starts_on for one in keys]
    return ErasedLine(
        keys[0].data_class, len(keys), min(starts), max(starts), max(one.last_epoch for one in keys)
    )


def exists(certificate_id: UUID) -> bool:
    return Certificate.objects.filter(pk=certificate_id).exists()


def retention(
    *,
    certificate_id: UUID,
    account_id: UUID | None,
    alias: str,
    run: UUID,
    cutoff_on: date,
    instructed_days: dict[int, int],
    lines: list[ErasedLine],
    because: str = INSTRUCTED,
    returned: Mapping[str, str | None] | None = None,
) -> Certificate | None:
    """The certificate of one account and run, with its audit entry, once. None when it exists already.

    `returned`: of an account that closed, whether everything was given back first (Art. 28(3)(g)). Without an account it names nobody, and stands in the system's trail.
    """
    given = promise()
    last_epoch = max(line.last_epoch for line in lines)
    now = clock.now()
    body: dict[str, Any] = {
        "account": str(account_id) if account_id is not None else None,
        "database": alias,
        "run": str(run),
        "cutoff_on": cutoff_on.isoformat(),
        "because": because,
        "instructed_days": {_name(data_class): days for data_class, days in instructed_days.items()},
        "erased": [_line(line) for line in lines],
        "keys_erased_at": now.isoformat(),
        "unreadable_to_the_running_system_since": (
            now + timedelta(seconds=settings.KEY_CACHE_SECONDS)
        ).isoformat(),
        "everywhere": _everywhere(given, last_epoch),
        "not_covered": list(NOT_COVERED),
        "catalogue": version(catalogue()),
    }
    if returned is not None:
        body["returned_first"] = dict(returned)
    with transaction.atomic():
        _lock_chain()
        if exists(certificate_id):
            return None
        issued = _append(certificate_id, account_id, RETENTION, body)
        record(
            Event.RETENTION_ENFORCED,
            account_id=account_id,
            subject_id=certificate_id,
            keys=sum(line.keys for line in lines),
            run=str(run),
        )
    return issued


def erasure(
    *,
    certificate_id: UUID,
    account_id: UUID,
    alias: str,
    key_ids: Sequence[UUID],
    first_ordered_at: datetime,
    last_ordered_at: datetime,
    messages: int,
) -> Certificate | None:
    """Of messages erased at the customer's word, once their keys are buried. None when it exists, or no key was."""
    lines = _buried(alias, account_id, key_ids)
    if not lines:
        return None
    given = promise()
    body: dict[str, Any] = {
        "account": str(account_id),
        "database": alias,
        "because": ORDERED,
        "ordered_at": first_ordered_at.isoformat(),
        "ordered_until": last_ordered_at.isoformat(),
        "messages_erased": messages,
        "erased": [_line(line) for line in lines],
        "keys_erased_at": clock.now().isoformat(),
        # The rows went with the order, and with them the last place that the running system reads.
        "unreadable_to_the_running_system_since": last_ordered_at.isoformat(),
        "everywhere": _everywhere(given, max(line.last_epoch for line in lines)),
        "not_covered": list(NOT_COVERED),
        "catalogue": version(catalogue()),
    }
    with transaction.atomic():
        _lock_chain()
        if exists(certificate_id):
            return None
        issued = _append(certificate_id, account_id, ERASURE, body)
        record(Event.ERASURE_COMPLETED, account_id=account_id, subject_id=certificate_id, messages=messages)
    return issued


def _buried(alias: str, account_id: UUID, key_ids: Sequence[UUID]) -> list[ErasedLine]:
    with system_scope("certificate", using=(alias,)), connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT data_class, count(*), min(starts_on), max(starts_on), max(last_epoch) FROM privacy_keytombstone "
            "WHERE account_id = %s AND key_id = ANY(%s) GROUP BY 1 ORDER BY 1",
            [account_id, list(key_ids)],
        )
        return [ErasedLine(*row) for row in cursor.fetchall()]


def destruction(alias: str, epoch: int, receipt: dict[str, str | int]) -> Certificate | None:
    """The vault's receipt for an epoch key: certificates whose last epoch is this one or older are final by
    it.
    """
    body = {
        "database": alias,
        "epoch": epoch,
        "receipt": receipt,
        "makes_final": f"certificates of {alias} whose last epoch is {epoch} or lower",
    }
    with transaction.atomic():
        _lock_chain()
        certificate_id = destruction_id(alias, epoch)
        if exists(certificate_id):
            return None
        return _append(certificate_id, None, DESTRUCTION, body)


def destruction_id(alias: str, epoch: int) -> UUID:
    """The id of an epoch's destruction certificate follows from what it is about: it is issued once."""
    return uuid5(_DESTRUCTIONS, f"{alias}/{epoch}")


def _append(certificate_id: UUID, account_id: UUID | None, kind: str, body: dict[str, Any]) -> Certificate:
    require_own_key()
    head = Certificate.objects.order_by("-number").first()
    number = head.number + 1 if head else 1
    previous = head.digest if head else NO_PREDECESSOR
    at = clock.now()
    text = canonical.encode(
        body
        | {
            "certificate": str(certificate_id),
            "kind": kind,
            "number": number,
            "issued_at": at.isoformat(),
            "previous": previous,
            "signed_by": signing.public_key(),
        }
    )
    return journaled(
        Certificate(
            id=certificate_id,
            number=number,
            account_id=account_id,
            kind=kind,
            body=text,
            digest=canonical.digest(text),
            previous_digest=previous,
            signature=signing.sign(text.encode()),
            issued_at=at,
        )
    )


def _lock_chain() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [0x5053_0003])


def _everywhere(given: Promise, last_epoch: int) -> dict[str, Any]:
    return {
        "erasure": given.erasure,
        "last_epoch": last_epoch,
        "after_completed_carry_overs": given.carry_overs,
        "then_after_days": given.delay_days,
        "final_with": "the destruction receipt of that epoch's key"
        + (", once the day has passed that it names" if given.delay_days else ""),
        "means": "unreadable to anyone who holds everything that exists then"
        if given.erasure == "irrecoverable"
        else "unreadable to anyone who holds everything that exists then, but for what a disk or a machine "
        "snapshot keeps of a deleted file: logical erasure",
    }


def _line(line: ErasedLine) -> dict[str, Any]:
    return {
        "class": _name(line.data_class),
        "keys": line.keys,
        "first_day": line.first_day.isoformat(),
        "last_day": line.last_day.isoformat(),
        "messages_of_those_days": line.messages,
    }


def _name(data_class: int) -> str:
    return DataClass(data_class).name.lower()
