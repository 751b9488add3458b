"""Reading messages for others than the pages: which days are still readable, which still wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from django.db import connections

from messaging.messages.models import Message
from paasoo_portal.core import partitions
from paasoo_portal.core.ids import uuid7_floor
from privacy.holds.register import Held

# The day's messages are read once; the few keys they name are looked for among the living.
_KEY_DAYS: Final = """
WITH used AS MATERIALIZED (
  SELECT DISTINCT number_key_id, content_key_id FROM messaging_message WHERE id >= %s AND id < %s
)
SELECT k.starts_on FROM used JOIN privacy_datakey k ON k.id = number_key_id
UNION SELECT k.starts_on FROM used JOIN privacy_datakey k ON k.id = content_key_id
"""
_ACCOUNTS_READABLE: Final = """
SELECT DISTINCT m.account_id FROM messaging_message m WHERE m.id >= %s AND m.id < %s
AND EXISTS (SELECT 1 FROM privacy_datakey k WHERE k.id IN (m.number_key_id, m.content_key_id))
"""
_WAITING: Final = (
    "SELECT EXISTS (SELECT 1 FROM messaging_message WHERE id >= %s AND id < %s AND state IN (0, 1, 2))"
)


def living_key_days(alias: str) -> set[date]:
    """The days on which any living key starts. Needs a system scope."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT DISTINCT starts_on FROM privacy_datakey")
        return {row[0] for row in cursor.fetchall()}


def days_kept_by(alias: str, held: Sequence[Held], before: date) -> list[date]:
    """The days before `before` on which keys live, all of them by these holds. Needs a system scope."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT account_id, data_class, starts_on FROM privacy_datakey WHERE starts_on < %s",
            [before],
        )
        living = cursor.fetchall()
    free = {day for account, data_class, day in living if not _is_held(held, account, data_class, day)}
    kept = {row[2] for row in living} - free
    return [day for day in partitions.existing_days(alias, Message._meta.db_table) if day in kept]


def _is_held(held: Sequence[Held], account_id: UUID, data_class: int, day: date) -> bool:
    return any(
        (one.account_id, one.data_class) == (account_id, data_class) and one.first_day <= day <= one.last_day
        for one in held
    )


def accounts_readable(alias: str, day: date) -> list[UUID]:
    """The accounts with a message of the day of which any key lives. Needs a system scope."""
    with connections[alias].cursor() as cursor:
        cursor.execute(_ACCOUNTS_READABLE, list(bounds_of(day)))
        return [row[0] for row in cursor.fetchall()]


def key_days(alias: str, day: date) -> set[date]:
    """The days on which the living keys of the day's messages start. Reads them all; needs a system scope.

    It is not the day alone: a scheduled message's retention starts when it is sent.
    """
    with connections[alias].cursor() as cursor:
        cursor.execute(_KEY_DAYS, list(bounds_of(day)))
        return {row[0] for row in cursor.fetchall()}


def is_waiting(alias: str, day: date) -> bool:
    """Whether a message of the day has yet to be handed over or given up. Needs a system scope."""
    with connections[alias].cursor() as cursor:
        cursor.execute(_WAITING, list(bounds_of(day)))
        return bool(cursor.fetchone()[0])


def bounds_of(day: date) -> tuple[UUID, UUID]:
    """The lowest id of the day and of the next."""
    return uuid7_floor(day), uuid7_floor(day + timedelta(days=1))
