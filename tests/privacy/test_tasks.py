"""Beat's tasks: ids and dates alone, repeatable, and refused when forged or misplaced."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings as django_settings

from paasoo_portal.core import clock, heartbeat
from privacy.keys import guard
from privacy.keys import tasks as key_tasks
from privacy.keys.models import DataClass
from privacy.retention import clock_guard, instructions
from privacy.retention import tasks as retention_tasks
from privacy.retention.models import RetentionRun
from tests.privacy.conftest import MakeKey, Registered


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str], str]]:
    """Tasks sent to the broker, not run."""
    found: list[tuple[str, list[str], str]] = []

    def send(name: str, *, args: list[str], queue: str) -> None:
        found.append((name, args, queue))

    monkeypatch.setattr(retention_tasks, "current_app", SimpleNamespace(send_task=send))
    return found


def test_the_cut_off_is_fixed_in_the_arguments_and_queues_are_consumed(
    region: str, registered: Registered, sent: list[tuple[str, list[str], str]]
) -> None:
    retention_tasks.retention_nightly()
    key_tasks.carry_over_nightly()
    today = clock.today().isoformat()
    aliases = django_settings.TRAFFIC_ALIASES
    assert [(name, args) for name, args, _ in sent] == [
        (name, [alias, today])
        for name in ("privacy.retention_run", "privacy.carry_over_run")
        for alias in aliases
    ]
    from paasoo_portal.celery import app

    consumed = {queue.name for queue in app.conf.task_queues}
    assert {queue for _, _, queue in sent} <= consumed


def test_an_instruction_that_took_effect_is_told_to_the_regions(
    region: str, account: UUID, registered: Registered, sent: list[Any]
) -> None:
    instructions.instruct(account_id=account, data_class=DataClass.CONTENT, days=7, person_id=None)
    registered.calls.clear()
    with clock.travel(by=timedelta(hours=25)):
        retention_tasks.retention_nightly()
    assert registered.of("account.changed") == [{"account_id": account}]


def test_a_run_happens_once_however_often_it_is_sent(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    make_key(account, age=31)
    day = clock.today().isoformat()
    for _ in range(3):
        retention_tasks.retention_run(region, day)
        key_tasks.carry_over_run(region, day)
    assert RetentionRun.objects.filter(database=region, state="done").count() == 3
    assert len(registered.of("retention.sweep")) == 1
    assert [row.number for row in guard.epochs_of(region)] == [1, 2]


def test_rows_are_looked_through_in_every_database_and_it_is_on_record(
    region: str, registered: Registered
) -> None:
    day = clock.today().isoformat()
    before = clock.now()
    for database in ("default", region):
        for _ in range(2):
            retention_tasks.rows_run(database, day)
        told = heartbeat.last(f"rows.{database}")
        assert told is not None
        assert told >= before
    kept = RetentionRun.objects.filter(kind="rows", state="done").values_list("database", flat=True)
    assert sorted(kept) == sorted(["default", region])


@pytest.mark.parametrize("days_ahead", [1, 90])
def test_a_cut_off_of_the_future_is_refused(
    region: str, account: UUID, make_key: MakeKey, registered: Registered, days_ahead: int
) -> None:
    make_key(account, age=0, days=30)
    forged = (clock.today() + timedelta(days=days_ahead)).isoformat()
    retention_tasks.retention_run(region, forged)
    key_tasks.carry_over_run(region, forged)
    retention_tasks.retention_run("default", clock.today().isoformat())
    key_tasks.carry_over_run("no such database", clock.today().isoformat())
    assert not RetentionRun.objects.exists()
    assert registered.calls == []


def test_a_stop_is_an_alarm_and_not_a_crash(
    region: str,
    account: UUID,
    make_key: MakeKey,
    registered: Registered,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    make_key(account, age=31)

    def stepped(alias: str) -> None:
        raise clock_guard.ClockStepped("the clocks disagree")

    monkeypatch.setattr(clock_guard, "check", stepped)
    retention_tasks.retention_run(region, clock.today().isoformat())
    key_tasks.carry_over_run(region, clock.today().isoformat())
    assert [record.levelname for record in caplog.records if "stopped" in record.message] == [
        "ERROR",
        "ERROR",
    ]
    assert len(guard.epochs_of(region)) == 1


def test_the_night_is_checked_once_when_it_is_whole_and_again_while_it_is_not(
    region: str,
    account: UUID,
    make_key: MakeKey,
    registered: Registered,
    sent: list[tuple[str, list[str], str]],
) -> None:
    retention_tasks.verify_nightly()
    assert [args[0] for _, args, _ in sent] == ["default", *django_settings.TRAFFIC_ALIASES]
    key = make_key(account, age=40)
    day = clock.today().isoformat()

    def found() -> int:
        retention_tasks.verify_run(region, day)
        count: int = RetentionRun.objects.get(database=region, kind="verify").counts["culprits"]
        return count

    assert found() == 1, key
    retention_tasks.retention_run(region, day)
    assert found() == 0
    make_key(account, age=41)
    assert found() == 0, "what was whole is not gone through again that day"
    retention_tasks.verify_run("no such database", day)
    retention_tasks.verify_run(region, (clock.today() - timedelta(days=1)).isoformat())
    assert RetentionRun.objects.filter(kind="verify").count() == 1
