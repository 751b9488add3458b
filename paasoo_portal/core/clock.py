"""The product's only clock, so that tests, demo data and drills can move through time.

Everything that keeps a promise about time reads it. Outside production a file holds an offset in seconds, which
running processes follow; in production the clock is the machine's.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta

from django.conf import settings

_travel: ContextVar[timedelta | None] = ContextVar("clock_travel", default=None)
_RELOAD_SECONDS = 0.25
_offset = timedelta()
_read_at = 0.0


def now() -> datetime:
    """The time, aware, in UTC."""
    travelled = _travel.get()
    return datetime.now(UTC) + (file_offset() if travelled is None else travelled)


def today() -> date:
    """The UTC day."""
    return now().date()


def midnight(day: date) -> datetime:
    """The instant at which the UTC day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def file_offset() -> timedelta:
    """The offset that CLOCK_FILE asks running processes to apply; zero without the file."""
    global _offset, _read_at
    if settings.CLOCK_FILE is None:
        return timedelta()
    if time.monotonic() - _read_at > _RELOAD_SECONDS or not _read_at:
        _read_at = time.monotonic()
        try:
            _offset = timedelta(seconds=float(settings.CLOCK_FILE.read_text()))
        except (OSError, ValueError):
            _offset = timedelta()
    return _offset


@contextmanager
def travel(to: datetime | None = None, *, by: timedelta | None = None) -> Iterator[None]:
    """Move this context's clock `to` an instant or `by` a duration; it keeps ticking from there."""
    if settings.PRODUCTION:
        raise RuntimeError("The clock is not moved in production.")
    offset = (to - datetime.now(UTC)) if to is not None else (now() - datetime.now(UTC)) + (by or timedelta())
    token = _travel.set(offset)
    try:
        yield
    finally:
        _travel.reset(token)
