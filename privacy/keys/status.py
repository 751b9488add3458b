"""Where a database's keys stand: living keys by epoch and class, oldest wrap, next destruction; and /readyz's probe."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connections

from paasoo_portal.core.tenancy import system_scope
from privacy.keys import guard
from privacy.keys.models import DataClass, Epoch
from privacy.keys.vault import vault


def probe(*, alias: str) -> None:
    """Hook `vault.probe`: raise unless the vault answers and tells the database's story."""
    vault().check()
    guard.check(alias)


def epochs(alias: str) -> dict[str, Any]:
    """Where the series stands, without a look at any key. Raises VaultMismatch, VaultUnavailable, JournalError."""
    rows = guard.check(alias)
    current = rows[-1].number
    kept = [row.number for row in rows if row.state == guard.KEPT]
    left = settings.EPOCHS_KEPT + 1 - (current - (kept[0] if kept else current))
    opened = dict(
        Epoch.objects.using(alias).filter(number__in=[*kept, current]).values_list("number", "opened_at")
    )
    return {
        "fingerprint": rows[-1].fingerprint,
        "erasure": vault().erasure,
        "epoch": current,
        "epochs_kept": kept,
        "epochs_destroyed": sum(row.state == guard.DESTROYED for row in rows),
        "next_destruction": kept[0] if kept else current,
        "carry_overs_until_destruction": left,
        # One carry-over a night.
        "next_destruction_on": (opened[current].date() + timedelta(days=left)).isoformat(),
        # What an old copy has of before this, no key opens any more.
        "oldest_wrap": min(opened.values()).isoformat(),
    }


def status(alias: str) -> dict[str, Any]:
    """Counts and dates alone. Raises VaultMismatch, VaultUnavailable, JournalError."""
    return {
        "database": alias,
        **epochs(alias),
        "living": _living(alias),
        "erased": _count(alias, "SELECT count(*) FROM privacy_keytombstone"),
    }


def _living(alias: str) -> list[dict[str, Any]]:
    with system_scope("keys_status", using=(alias,)), connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT epoch, data_class, count(*), min(starts_on), min(due_on), min(created_at) "
            "FROM privacy_datakey GROUP BY 1, 2 ORDER BY 1, 2"
        )
        return [
            {
                "epoch": epoch,
                "data_class": DataClass(data_class).name.lower(),
                "keys": count,
                "oldest_start": starts_on.isoformat(),
                "next_due": due_on.isoformat(),
                "oldest_key": created_at.isoformat(),
            }
            for epoch, data_class, count, starts_on, due_on, created_at in cursor.fetchall()
        ]


def _count(alias: str, query: str) -> int:
    with system_scope("keys_status", using=(alias,)), connections[alias].cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])
