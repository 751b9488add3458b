"""The one clock: moved for a context, by a file for running processes, never in production."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from paasoo_portal.core import clock


def near(found: datetime, wanted: datetime) -> bool:
    return abs(found - wanted) < timedelta(seconds=5)


def test_is_the_machines_and_in_utc() -> None:
    assert near(clock.now(), datetime.now(UTC))
    assert clock.now().utcoffset() == timedelta()
    assert clock.today() == clock.now().date()


def test_travels_to_and_by_and_back() -> None:
    there = datetime(2030, 1, 31, 23, 59, tzinfo=UTC)
    with clock.travel(there):
        assert near(clock.now(), there)
        with clock.travel(by=timedelta(days=2)):
            assert clock.today() == date(2030, 2, 2)
        assert near(clock.now(), there)
    assert near(clock.now(), datetime.now(UTC))


def test_comes_back_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), clock.travel(by=timedelta(days=9)):
        raise ZeroDivisionError
    assert near(clock.now(), datetime.now(UTC))


def test_another_thread_does_not_travel_along() -> None:
    seen: list[datetime] = []
    with clock.travel(by=timedelta(days=300)):
        thread = threading.Thread(target=lambda: seen.append(clock.now()))
        thread.start()
        thread.join()
    assert near(seen[0], datetime.now(UTC))


def test_stays_in_production(settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(RuntimeError), clock.travel(by=timedelta(days=1)):
        pass


@pytest.mark.parametrize(("content", "hours"), [("3600", 1), ("-7200.0\n", -2), ("tomorrow", 0), ("", 0)])
def test_a_file_moves_running_processes(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, content: str, hours: int
) -> None:
    settings.CLOCK_FILE = tmp_path / "clock"
    settings.CLOCK_FILE.write_text(content)
    monkeypatch.setattr(clock, "_read_at", 0.0)
    monkeypatch.setattr(clock, "_offset", timedelta())
    assert near(clock.now(), datetime.now(UTC) + timedelta(hours=hours))


def test_midnight_is_utcs() -> None:
    assert clock.midnight(date(2026, 10, 25)) == datetime(2026, 10, 25, tzinfo=UTC)
