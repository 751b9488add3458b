"""The clock guard: a clock that jumped stops destruction and asks; a long stop only means catching up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from paasoo_portal.core import clock
from privacy.retention import clock_guard, enforce
from privacy.retention.clock_guard import ClockStepped, Reading
from tests.privacy.conftest import MakeKey, Registered

NOW = datetime.now(UTC)
HERE = Reading("boot-1", NOW, 5_000.0)


def after(wall: timedelta, boot: timedelta | None = None, boot_id: str = "boot-1") -> Reading:
    return Reading(boot_id, NOW + wall, 5_000.0 + (boot if boot is not None else wall).total_seconds())


@pytest.fixture(autouse=True)
def _postgresql_agrees(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL on this machine tells whatever this machine tells."""
    monkeypatch.setattr(clock_guard, "_postgresql_now", lambda alias: current_wall[0])
    clock_guard.accept(HERE)


current_wall = [NOW]


def check(reading: Reading) -> None:
    current_wall[0] = reading.wall_at
    clock_guard.check("sg", reading)


@pytest.mark.parametrize("days", [0.01, 1, 30, 400])
def test_time_that_passed_on_both_clocks_is_no_step(days: float) -> None:
    check(after(timedelta(days=days)))


@pytest.mark.parametrize(
    "step", [timedelta(hours=1), timedelta(days=1), timedelta(days=90), timedelta(days=3650)]
)
def test_a_wall_clock_that_jumped_ahead_stops_everything(step: timedelta) -> None:
    with pytest.raises(ClockStepped):
        check(after(timedelta(minutes=10) + step, timedelta(minutes=10)))


@pytest.mark.parametrize("step", [timedelta(hours=1), timedelta(days=1), timedelta(days=90)])
def test_a_wall_clock_that_went_back_stops_everything(step: timedelta) -> None:
    with pytest.raises(ClockStepped):
        check(after(-step, timedelta(minutes=10)))
    with pytest.raises(ClockStepped):
        check(after(-step, timedelta(seconds=20), boot_id="boot-2"))


def test_a_machine_that_was_off_for_long_catches_up() -> None:
    check(replace(after(timedelta(days=60), boot_id="boot-2"), boot_seconds=30.0))


def test_a_database_host_with_another_time_stops_everything() -> None:
    current_wall[0] = NOW + timedelta(hours=3)
    with pytest.raises(ClockStepped, match="another time"):
        clock_guard.check("sg", after(timedelta(minutes=1)))


def test_small_corrections_pass() -> None:
    check(after(timedelta(hours=1), timedelta(hours=1, minutes=2)))


def test_a_human_s_word_ends_it() -> None:
    jumped = after(timedelta(days=90), timedelta(minutes=10))
    with pytest.raises(ClockStepped):
        check(jumped)
    clock_guard.accept(jumped)
    check(jumped)


def test_enforcement_destroys_nothing_under_a_clock_that_jumped(
    region: str, account: UUID, make_key: MakeKey, registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_key(account, age=31)
    jumped = after(timedelta(days=90), timedelta(minutes=10))
    current_wall[0] = jumped.wall_at
    monkeypatch.setattr(clock_guard, "read", lambda: jumped)
    with pytest.raises(ClockStepped):
        enforce.enforce(region, clock.today())
    assert enforce.enforce(region, clock.today(), accept_clock=True).keys == 1
