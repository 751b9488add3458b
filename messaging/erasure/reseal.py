"""The night after messages were erased: what stays of their keys is sealed anew, and the former keys die.

Hook `retention.renew`, after enforcement. Until then the rows are gone but their bytes lie in back-ups; afterwards the
former keys are carried over no more, and a certificate says so. The cost is O(messages of the keys), once a night,
however many were erased. Keeps P-WHO-3, P-RET-7.
"""

from __future__ import annotations

import logging
from datetime import date, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid5

from django.db import connections
from django.db.models import F

from messaging.erasure.models import ErasedDay, ErasedMessage
from messaging.messages.models import Message
from paasoo_portal.core.faults import fault
from paasoo_portal.core.ids import uuid7_floor
from paasoo_portal.core.tenancy import system_scope
from privacy import keys
from privacy.certificates import issue
from privacy.holds import register
from privacy.keys import locks, renewal
from privacy.keys.datakey import DataKey
from privacy.keys.models import DataClass

log = logging.getLogger(__name__)

# 500 messages: 20 ms of sealing and a transaction of 0.4 MB of WAL.
BATCH: Final = 500
WAIT_SECONDS: Final = 60.0
_TABLE: Final = Message._meta.db_table
_CERTIFICATES: Final = UUID("8a4f7b52-0d8e-5c4b-9a51-7c2e2f1b6d03")
_DAY: Final = timedelta(days=1)

_SELECT: Final = """
SELECT id, {sealed} FROM messaging_message
WHERE account_id = %s AND id >= %s AND id < %s AND {key} = %s ORDER BY id LIMIT %s FOR UPDATE
"""
_CONTENT: Final = """
UPDATE messaging_message m SET content_sealed = w.sealed, content_key_id = %s
FROM unnest(%s::uuid[], %s::bytea[]) AS w(id, sealed)
WHERE m.account_id = %s AND m.id >= %s AND m.id <= %s AND m.id = w.id
"""
_NUMBER: Final = """
UPDATE messaging_message m SET number_sealed = w.sealed,
  number_token = CASE WHEN m.number_token IS NULL THEN NULL ELSE w.token END, number_key_id = %s
FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[]) AS w(id, sealed, token)
WHERE m.account_id = %s AND m.id >= %s AND m.id <= %s AND m.id = w.id
"""


def renew(*, alias: str, cutoff_on: date) -> int:
    """Seal every day before the cut-off anew of which something was erased; how many days. Worker's role.

    A day that a legal hold preserves waits until it is released (P-RET-9). Raises Busy, VaultMismatch, VaultUnavailable.
    """
    with system_scope("reseal", using=(alias,)):
        waiting = list(ErasedDay.objects.using(alias).filter(day__lt=cutoff_on).order_by("day", "pk"))
    done = 0
    for one in waiting:
        if one.day in register.covered(one.account_id, [one.day]):
            continue
        with locks.maintenance(alias, wait_seconds=WAIT_SECONDS):
            _renew_day(alias, one)
        done += 1
    if done:
        keys.forget()
        log.info("days sealed anew", extra={"database": alias, "days": done})
    return done


def overdue(*, alias: str, cutoff_on: date) -> list[dict[str, Any]]:
    """The hook `retention.overdue`: days that should have been sealed anew, and were not."""
    with system_scope("reseal", using=(alias,)):
        late = list(ErasedDay.objects.using(alias).filter(first_at__date__lt=cutoff_on - _DAY)[:100])
    return [
        {
            "kind": "erased day not sealed anew",
            "account": str(one.account_id),
            "day": one.day.isoformat(),
            "database": alias,
        }
        for one in late
        if one.day not in register.covered(one.account_id, [one.day])
    ]


def _renew_day(alias: str, one: ErasedDay) -> None:
    # Of an entry that grows meanwhile, the next night makes the rest, under a certificate of its own.
    certificate_id = uuid5(_CERTIFICATES, f"{alias}/{one.pk}/{one.last_at.isoformat()}")
    renewal.renew(alias, one.account_id, one.key_ids, partial(_rewrite, alias), certificate_id)
    issue.erasure(
        certificate_id=certificate_id,
        account_id=one.account_id,
        alias=alias,
        key_ids=one.key_ids,
        first_ordered_at=one.first_at,
        last_ordered_at=one.last_at,
        messages=one.messages,
    )
    fault("reseal.certified")
    low, high = uuid7_floor(one.day), uuid7_floor(one.day + _DAY)
    with system_scope("reseal", using=(alias,)):
        named = ErasedMessage.objects.using(alias).filter(account_id=one.account_id, certificate_id=None)
        named.filter(pk__gte=low, pk__lt=high, at__lte=one.last_at).update(certificate_id=certificate_id)
        mine = ErasedDay.objects.using(alias).filter(pk=one.pk)
        if not mine.filter(last_at=one.last_at).delete()[0]:
            mine.update(messages=F("messages") - one.messages, first_at=one.last_at)


def _rewrite(alias: str, old: DataKey, new: DataKey) -> int:
    """One batch of what still names the former key."""
    column = "content" if old.data_class == DataClass.CONTENT else "number"
    with system_scope("reseal", using=(alias,)), connections[alias].cursor() as cursor:
        low, high = _bounds(alias, old)
        cursor.execute(
            _SELECT.format(sealed=f"{column}_sealed", key=f"{column}_key_id"),
            [old.account_id, low, high, old.id, BATCH],
        )
        rows = cursor.fetchall()
        if rows:
            ids = [row[0] for row in rows]
            plain = [_open(old, f"{column}_sealed", *row) for row in rows]
            sealed = [
                None if text is None else new.seal(text, table=_TABLE, column=f"{column}_sealed", row=row)
                for row, text in zip(ids, plain, strict=True)
            ]
            values: list[Any] = [ids, sealed]
            if column == "number":
                values.append([None if digits is None else new.token(digits) for digits in plain])
            cursor.execute(
                _CONTENT if column == "content" else _NUMBER,
                [new.id, *values, old.account_id, ids[0], ids[-1]],
            )
    return len(rows)


def _bounds(alias: str, key: DataKey) -> tuple[UUID, UUID]:
    """Where rows of a key may lie: none was accepted before the key was made or after the day it starts.

    A day is added on each side, for clocks that differ and for requests on their way at midnight.
    """
    made = renewal.sealed_since(alias, key.id).date()
    return uuid7_floor(min(made, key.starts_on) - _DAY), uuid7_floor(key.starts_on + 2 * _DAY)


def _open(key: DataKey, column: str, row: UUID, sealed: bytes | None) -> bytes | None:
    return None if sealed is None else key.open(bytes(sealed), table=_TABLE, column=column, row=row)
