"""The clock guard: destruction cannot be undone, lateness can, so a clock that jumped stops everything and
asks.

Compared are the wall clock and the clock that counts since boot (suspension included), and the wall clock of
PostgreSQL's host. A long stop is no step: both clocks of a machine that slept have gone on. It reads the
machine's clocks, not the product's, which tests and demos move on purpose.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from django.db import connections

from privacy.errors import PrivacyError
from privacy.retention.models import ClockMark

TOLERANCE: Final = timedelta(minutes=5)
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class ClockStepped(PrivacyError):
    """A clock has made an implausible step. `retention enforce --accept-clock` goes on after a human has
    looked.
    """


@dataclass(frozen=True)
class Reading:
    """What a machine's clocks say at one moment."""

    boot_id: str
    wall_at: datetime
    boot_seconds: float


def read() -> Reading:
    boot_id = _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else "unknown"
    source = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    wall = datetime.now(UTC)  # noqa: TID251  the machine's own clock, on purpose
    return Reading(boot_id, wall, time.clock_gettime(source))


def check(alias: str, reading: Reading | None = None) -> None:
    """Raise ClockStepped when destroying now would rest on a clock that cannot be trusted."""
    now = reading or read()
    latest = ClockMark.objects.order_by("-wall_at").first()
    if latest is not None and now.wall_at < latest.wall_at - TOLERANCE:
        raise ClockStepped("the wall clock stands before the last run")
    mine = ClockMark.objects.filter(boot_id=now.boot_id).first()
    if mine is not None:
        by_wall = (now.wall_at - mine.wall_at).total_seconds()
        by_boot = now.boot_seconds - mine.boot_seconds
        if abs(by_wall - by_boot) > TOLERANCE.total_seconds():
            raise ClockStepped("wall clock and boot clock have gone apart since the last run")
    if abs((_postgresql_now(alias) - now.wall_at).total_seconds()) > TOLERANCE.total_seconds():
        raise ClockStepped("the database's host tells another time")


def accept(reading: Reading | None = None) -> None:
    """Record that the clocks are right now: after every check that passed, or by a human's word."""
    now = reading or read()
    ClockMark.objects.filter(wall_at__gt=now.wall_at).delete()
    ClockMark.objects.update_or_create(
        boot_id=now.boot_id, defaults={"wall_at": now.wall_at, "boot_seconds": now.boot_seconds}
    )


def _postgresql_now(alias: str) -> datetime:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        at: datetime = cursor.fetchone()[0]
    return at
