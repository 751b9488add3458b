"""Partitions by day of the tables that grow: made ahead, dropped behind, by functions the worker may only call.

Bounds are UUIDv7 floors of UTC midnights, computed from dates. There is no default partition: a missing day is an
error that an alarm announces days ahead, never a heap that hides it.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from django.apps import apps
from django.db import connections, models

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7_floor

DAYS_AHEAD: Final = 14


def partitioned_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if getattr(model, "PARTITIONED_BY_DAY", False)]


def name_of(table: str, day: date) -> str:
    return f"{table}_{day:%Y%m%d}"


def existing_days(alias: str, table: str) -> list[date]:
    """The days for which the table has a partition, sorted."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT to_date(right(c.relname, 8), 'YYYYMMDD') FROM pg_inherits i "
            "JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = %s::regclass ORDER BY 1",
            [table],
        )
        return [row[0] for row in cursor.fetchall()]


def ensure(alias: str, first_day: date, last_day: date) -> int:
    """Create the missing partitions of every partitioned table for the days, both included; returns how many."""
    made = 0
    for model in partitioned_models():
        table = model._meta.db_table
        present = set(existing_days(alias, table))
        for offset in range((last_day - first_day).days + 1):
            day = first_day + timedelta(days=offset)
            if day not in present:
                _create(alias, table, day)
                made += 1
    return made


def ensure_ahead(alias: str) -> int:
    """Create what is missing from yesterday to DAYS_AHEAD."""
    today = clock.today()
    return ensure(alias, today - timedelta(days=1), today + timedelta(days=DAYS_AHEAD))


def drop(alias: str, table: str, day: date) -> None:
    """Drop one day's partition of one table."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT paasoo_partition_drop(%s, %s)", [table, name_of(table, day)])


def days_left(alias: str) -> int:
    """For how many days from today on every partitioned table has partitions without a gap."""
    today, left = clock.today(), DAYS_AHEAD * 10
    for model in partitioned_models():
        present = set(existing_days(alias, model._meta.db_table))
        run = 0
        while today + timedelta(days=run) in present:
            run += 1
        left = min(left, run)
    return left


def _create(alias: str, table: str, day: date) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT paasoo_partition_create(%s, %s, %s, %s)",
            [table, name_of(table, day), uuid7_floor(day), uuid7_floor(day + timedelta(days=1))],
        )
