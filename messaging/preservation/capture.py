"""Copying what holds and cases cover: by night before any key dies, and at once before anything goes earlier.

By night in batches, each a transaction that also moves the hold's own mark, so that a crash repeats one batch at most.
What goes at somebody's word, or with the last state of a message kept for 0 days, is copied in the transaction that
takes it. Keeps P-RET-8, P-RET-9.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import DatabaseError, connections
from django.db.models import F

from messaging.messages.models import Message
from messaging.messages.states import FINAL
from messaging.preservation.copying import Copier
from messaging.preservation.models import PreservedMessage
from paasoo_portal.core import clock, partitions, regions
from paasoo_portal.core.faults import fault
from paasoo_portal.core.ids import time_of, uuid7_floor
from paasoo_portal.core.locks import only_one
from paasoo_portal.core.tenancy import system_scope
from privacy.floors import register as floors
from privacy.holds import locks, register
from privacy.keys import Erased, number_probes
from privacy.keys.locks import Busy
from privacy.preservation.models import About, Preservation, Source

log = logging.getLogger(__name__)

# A batch of 500: 40 ms of cryptography, a transaction of half a megabyte.
BATCH: Final = 500
# Ids are made before they are committed: what is this much older than the mark is looked at again.
OVERLAP: Final = timedelta(days=2)
# How long before the day its retention starts a message may have been written.
AHEAD_DAYS: Final = 31
WAIT_SECONDS: Final = 60.0
_FINAL: Final = sorted(int(state) for state in FINAL)
_ALL: Final = """
SELECT m.id FROM messaging_message m WHERE m.account_id = %(account)s AND m.id >= %(low)s AND m.id < %(high)s
AND m.id > %(after)s AND NOT EXISTS (
  SELECT 1 FROM messaging_preservedmessage p WHERE p.case_id = %(case)s AND p.message_id = m.id)
ORDER BY m.id LIMIT %(most)s
"""
# A probe is paired with the days of its key, so that each one prunes to those partitions.
_OF_NUMBER: Final = """
SELECT found.id FROM unnest(%(lo)s::uuid[], %(hi)s::uuid[], %(probes)s::bytea[]) AS probe(lo, hi, token)
CROSS JOIN LATERAL (
  SELECT id FROM messaging_message
  WHERE account_id = %(account)s AND number_token = probe.token AND id >= probe.lo AND id < probe.hi
    AND id >= %(low)s AND id < %(high)s AND id > %(after)s
) AS found WHERE NOT EXISTS (
  SELECT 1 FROM messaging_preservedmessage p WHERE p.case_id = %(case)s AND p.message_id = found.id)
ORDER BY found.id LIMIT %(most)s
"""


def capture(*, alias: str, account_id: UUID | None) -> int:
    """The hook `retention.preserve`: copy what is covered and not copied yet; how many. Worker's role."""
    with system_scope("preservation", using=(alias,)):
        rows = Preservation.objects.using(alias).filter(about=About.MESSAGES)
        if account_id is not None:
            rows = rows.filter(account_id=account_id)
        found = list(rows.order_by("pk"))
    return sum(_capture(alias, row) for row in found)


def before_erasure(alias: str, account_id: UUID, ids: Sequence[UUID]) -> None:
    """In the account's scope and the transaction that erases: copy what is covered of these messages.

    Who erases shares the lock of holds first (privacy.holds.locks). Cases take part by night alone: they keep what they
    find.
    """
    _copy_now(alias, [account_id], ids)


def before_emptying(alias: str, messages: Iterable[tuple[UUID, UUID]]) -> Callable[[UUID, UUID, int], bool]:
    """The same for (account, message) pairs that lose their text or number with their last state. Worker's scope.

    Returns what tells of an account's message and a class whether an open hold or the law keeps it where it is.
    """
    pairs = list(messages)
    if not pairs:
        return lambda account_id, message_id, data_class: False
    accounts = {account_id for account_id, _ in pairs}
    locks.share(alias, accounts)
    _copy_now(alias, accounts, [message_id for _, message_id in pairs])
    today = clock.today()
    held = [one for one in register.in_force() if one.account_id in accounts]
    floored = floors.in_force(today)

    def kept(account_id: UUID, message_id: UUID, data_class: int) -> bool:
        day = time_of(message_id).date()
        if data_class in floored and day + timedelta(days=floored[data_class]) > today:
            return True
        return any(
            one.account_id == account_id
            and one.data_class == data_class
            and one.first_day <= day <= one.last_day
            for one in held
        )

    return kept


def _copy_now(alias: str, accounts: Collection[UUID], ids: Sequence[UUID]) -> None:
    rows = Preservation.objects.using(alias).filter(
        account_id__in=accounts, about=About.MESSAGES, source=Source.HOLD
    )
    for row in rows.order_by("pk"):
        mine = [one for one in ids if _of_day(row, time_of(one).date())]
        if not mine:
            continue
        messages = Message.objects.using(alias).filter(
            account_id=row.account_id, id__in=mine, id__gte=min(mine), id__lte=max(mine)
        )
        try:
            copier = Copier(alias, row)
        except Erased:
            continue  # it was released: what is left of it is on its way out
        copier.add(copier.about(list(messages)))


def _of_day(row: Preservation, day: date) -> bool:
    return row.first_day <= day and (row.last_day is None or day <= row.last_day)


def _capture(alias: str, row: Preservation) -> int:
    """A case's rule allows so many in all regions together, so that one of them copies at a time. Raises Busy.

    While another region does not answer nothing is copied for a case: its limit is promised, and no region's night may
    wait for another's database.
    """
    if row.most is None:
        return _copy_all(alias, row, None)
    number = int.from_bytes(row.pk.bytes[8:], signed=True)
    with only_one("default", number, wait_seconds=WAIT_SECONDS) as mine:
        if not mine:
            raise Busy(f"another region copies for {row.pk}")
        try:
            elsewhere = _copied_elsewhere(alias, row.pk)
        except DatabaseError:
            log.warning("a case waits for a region", extra={"database": alias, "case": str(row.pk)})
            return 0
        return _copy_all(alias, row, row.most - elsewhere)


def _copied_elsewhere(alias: str, case_id: UUID) -> int:
    copied = 0
    for other in regions.aliases():
        if other != alias:
            with system_scope("preservation", using=(other,)):
                copied += PreservedMessage.objects.using(other).filter(case_id=case_id).count()
    return copied


def _copy_all(alias: str, row: Preservation, most: int | None) -> int:
    copied = 0
    try:
        while (done := _batch(alias, row, most)) is not None:
            copied += done
            fault("preservation.batch")
        _refresh(alias, row)
    except Erased:
        log.info("copies have come to their day", extra={"database": alias, "case": str(row.pk)})
    if copied:
        log.info("messages preserved", extra={"database": alias, "case": str(row.pk), "messages": copied})
    return copied


def _batch(alias: str, row: Preservation, most_here: int | None) -> int | None:
    """The next batch; None when there is none left."""
    with system_scope("preservation", using=(alias,)):
        copier = Copier(alias, row)
        most = min(BATCH, _room(alias, row, most_here))
        found = _next(alias, row, copier, most) if most > 0 else []
        if not found:
            return None
        low, high = found[0], found[-1]
        messages = Message.objects.using(alias).filter(
            account_id=row.account_id, id__in=found, id__gte=low, id__lte=high
        )
        done = copier.add(list(messages.order_by("id")))
        row.copied_to = max(high, row.copied_to or high)
        Preservation.objects.using(alias).filter(pk=row.pk).update(
            copied_to=row.copied_to, copies=F("copies") + done
        )
    return done


def _room(alias: str, row: Preservation, most: int | None) -> int:
    """How many more a case's rule allows here."""
    if most is None:
        return BATCH
    return most - PreservedMessage.objects.using(alias).filter(case_id=row.pk).count()


def _next(alias: str, row: Preservation, copier: Copier, most: int) -> list[UUID]:
    first, last = _days(alias, row)
    if last is None or first > last:
        return []
    given: dict[str, Any] = {
        "account": row.account_id,
        "case": row.pk,
        "low": uuid7_floor(first),
        "high": uuid7_floor(last + timedelta(days=1)),
        "after": _mark(row),
        "most": most,
    }
    query, number = _ALL, copier.number
    if number:
        query = _OF_NUMBER
        given["lo"], given["hi"], given["probes"] = number_probes(
            alias, row.account_id, number.encode(), first, last, ahead_days=AHEAD_DAYS, until_taken=True
        )
    with connections[alias].cursor() as cursor:
        cursor.execute(query, given)
        return list(dict.fromkeys(found[0] for found in cursor.fetchall()))


def _days(alias: str, row: Preservation) -> tuple[date, date | None]:
    """The covered days of which messages still lie there."""
    days = partitions.existing_days(alias, Message._meta.db_table)
    covered = [day for day in days if _of_day(row, day) and day <= clock.today()]
    return (covered[0], covered[-1]) if covered else (row.first_day, None)


def _mark(row: Preservation) -> UUID:
    if row.copied_to is None:
        return UUID(int=0)
    return uuid7_floor(time_of(row.copied_to) - OVERLAP)


def _refresh(alias: str, row: Preservation) -> None:
    """What was copied on its way is told anew once it is decided."""
    with system_scope("preservation", using=(alias,)):
        undecided = PreservedMessage.objects.using(alias).filter(case_id=row.pk, decided=False)
        copies = {copy.message_id: copy for copy in undecided.order_by("message_id")[: 20 * BATCH]}
        if not copies:
            return
        known = list(copies)
        messages = Message.objects.using(alias).filter(
            account_id=row.account_id,
            id__in=known,
            id__gte=known[0],
            id__lte=known[-1],
            state__in=_FINAL,
        )
        copier = Copier(alias, row)
        for message in messages:
            copy = copies[message.pk]
            PreservedMessage.objects.using(alias).filter(pk=copy.pk).update(
                decided=True, about_sealed=copier.tell(message, copy.pk)
            )
