"""Dropping what nobody can read any more: a day's partitions go when every key of every account in it is
gone.

Hook `retention.sweep`, after enforcement. Deleting has happened already, with the keys; this returns the
space and takes the clear columns (sender IDs, references, countries, states) along. A day is dropped table by
table, each in a transaction of its own, messages first: a late receipt then finds no message, while an event
without its table would stop every receipt of the region. After a crash the next run goes on with what is left.
Never dropped: a day of today or later, one that anybody may still read, one whose usage is not settled, one
with messages that still wait (for at most a week: their texts are gone, so they can only be given up). Keeps
P-RET-2, P-RET-7.
"""

from __future__ import annotations

import logging
from datetime import date, timedelta
from typing import Final

from django.db import DatabaseError, connections, transaction

from messaging.carriers.sandbox.models import SandboxSubmission
from messaging.erasure.models import ErasedMessage
from messaging.messages import selectors
from messaging.messages.models import Message
from messaging.usage import settle, statistics
from messaging.usage.models import ErasedUsage
from paasoo_portal.core import clock, partitions
from paasoo_portal.core.faults import fault
from paasoo_portal.core.tenancy import system_scope
from privacy.holds import register

log = logging.getLogger(__name__)

WAIT_AT_MOST: Final = timedelta(days=7)
# A run drops at most so many days; the next one goes on.
MOST_DAYS: Final = 100


def sweep(*, alias: str, cutoff_on: date) -> int:
    """Drop every day before the cut-off that may go; how many partitions went. Needs the worker's role."""
    before = min(cutoff_on, clock.today())
    with system_scope("messages_sweep", using=(alias,)):
        living = selectors.living_key_days(alias)
    present = partitions.existing_days(alias, Message._meta.db_table)
    days = [day for day in present if day < before and day not in living]
    left = _left_over(alias, before)
    _thin(alias, before)
    return sum(_drop(alias, day) for day in left) + sum(
        _drop(alias, day) for day in days[:MOST_DAYS] if _may_go(alias, day, living)
    )


def _thin(alias: str, before: date) -> None:
    """Of the days that legal holds alone keep, everything goes that they do not preserve (P-RET-9)."""
    held = register.in_force()
    if not held:
        return
    with system_scope("messages_sweep", using=(alias,)):
        days = selectors.days_kept_by(alias, held, before)
    for day in days:
        settle.settle_day(alias, day)
        statistics.publish(alias, day)
        low, high = selectors.bounds_of(day)
        with system_scope("messages_sweep", using=(alias,)), connections[alias].cursor() as cursor:
            readable = selectors.accounts_readable(alias, day)
            if selectors.is_waiting(alias, day):
                continue
            # The messages last: what is left after a crash is found again by them.
            for table in [*_others(), Message._meta.db_table]:
                column = "id" if table == Message._meta.db_table else "message_id"
                cursor.execute(
                    f"DELETE FROM {table} WHERE account_id <> ALL(%s) AND {column} >= %s AND {column} < %s",  # noqa: S608  constants
                    [readable, low, high],
                )


def _left_over(alias: str, before: date) -> list[date]:
    """The days of which a crash left all but the messages."""
    others = {day for table in _others() for day in partitions.existing_days(alias, table)}
    return sorted(
        day for day in others - set(partitions.existing_days(alias, Message._meta.db_table)) if day < before
    )


def _may_go(alias: str, day: date, living: set[date]) -> bool:
    noted = statistics.key_days(alias, day)
    with system_scope("messages_sweep", using=(alias,)):
        # What was noted when the day was closed spares reading it once more, cold from the disk.
        if (noted is None or noted & living) and selectors.key_days(alias, day):
            return False
        waiting = selectors.is_waiting(alias, day)
    if waiting and clock.today() - day <= WAIT_AT_MOST:
        return False
    if not settle.is_settled(alias, day):
        settle.settle_day(alias, day)
    statistics.publish(alias, day)
    return True


def _drop(alias: str, day: date) -> int:
    """The day's partitions, the messages' first; what else names them while there is still one to find the day by."""
    dropped = 0
    try:
        for table in [Message._meta.db_table, *_others()]:
            if day in partitions.existing_days(alias, table):
                with transaction.atomic(using=alias):
                    partitions.drop(alias, table, day)
                dropped += 1
                fault("sweep.dropped")
            if table == Message._meta.db_table:
                _forget(alias, day, SandboxSubmission._meta.db_table, "reference")
                _forget(alias, day, ErasedMessage._meta.db_table, "id")
                _forget_usage(alias, day)
    except DatabaseError:
        # A long reader holds the table; its lock is not waited for beyond four seconds.
        log.warning("a day was not dropped", extra={"database": alias, "day": day})
    return dropped


def _others() -> list[str]:
    return [model._meta.db_table for model in partitions.partitioned_models() if model is not Message]


def _forget_usage(alias: str, day: date) -> None:
    """It is settled, and nothing of the day is left that could be settled again."""
    with system_scope("messages_sweep", using=(alias,)):
        ErasedUsage.objects.using(alias).filter(day=day).delete()


def _forget(alias: str, day: date, table: str, column: str) -> None:
    """What names messages without lying in a day's partition goes with them: the sandbox's ledger, marks of erasure."""
    low, high = selectors.bounds_of(day)
    with system_scope("messages_sweep", using=(alias,)), connections[alias].cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE {column} >= %s AND {column} < %s", [low, high])  # noqa: S608  constants
