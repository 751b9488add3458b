"""Signs of life of processes that nobody calls: beat, dispatchers, nightly runs. Read by /readyz."""

from __future__ import annotations

from datetime import datetime

from django.db import connections

from paasoo_portal.core import clock


def beat(name: str, alias: str = "default") -> None:
    """Record that `name` is alive now."""
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_heartbeat (name, at) VALUES (%s, %s) "
            "ON CONFLICT (name) DO UPDATE SET at = excluded.at",
            [name, clock.now()],
        )


def last(name: str, alias: str = "default") -> datetime | None:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT at FROM core_heartbeat WHERE name = %s", [name])
        row = cursor.fetchone()
    return row[0] if row else None
