"""What beat has done: each region's part in its own queue, its own failures its own, and an alarm in time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.db import OperationalError, connections

from accounts.models import Account
from messaging import tasks
from messaging.carriers.sandbox.carrier import SandboxCarrier
from messaging.delivery import dispatch, push, receipts
from messaging.delivery.models import PushState
from messaging.messages.states import State
from paasoo_portal.core import clock, partitions
from privacy.keys import VaultUnavailable
from tests.messaging.delivery.conftest import ALIAS, accept, rows
from tests.messaging.delivery.customer import Customer

REGIONS = ["ie", "sg"]


@pytest.mark.parametrize(
    ("task", "part"),
    [
        (tasks.push_deliveries, "messaging.push_region"),
        (tasks.reconcile_all, "messaging.reconcile_region"),
        (tasks.make_partitions, "messaging.make_partitions_of"),
    ],
)
def test_each_region_has_its_part_in_its_own_queue(
    task: Callable[[], None], part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, list[str], str]] = []

    def send_task(name: str, *, args: list[str], queue: str, expires: int) -> None:
        assert expires > 0, "what nobody took in time is not done twice afterwards"
        sent.append((name, args, queue))

    monkeypatch.setattr(current_app, "send_task", send_task)
    task()
    assert sorted(sent) == [(part, [code], f"region.{code}") for code in REGIONS]
    assert part in current_app.tasks


def test_the_worker_reconciles_as_well(shop: Account) -> None:
    """The dispatcher does so every few seconds; beat sees to it when there is none, and closes what is too old."""
    lost, silent = accept(shop, to=["447700900150", "447700900120"])
    dispatch.dispatch(ALIAS, SandboxCarrier(ALIAS), "w")
    with clock.travel(by=timedelta(seconds=3)):
        tasks.reconcile_region(ALIAS)
    states = dict(rows(ALIAS, "SELECT id, state FROM messaging_message"))
    assert states == {lost: State.SENT, silent: State.SENT}
    with clock.travel(by=timedelta(hours=73)):
        tasks.reconcile_region(ALIAS)
    states = dict(rows(ALIAS, "SELECT id, state FROM messaging_message"))
    assert states == {lost: State.EXPIRED, silent: State.EXPIRED}


def test_the_worker_pushes(shop: Account) -> None:
    with Customer().open() as customer:
        rows(ALIAS, "UPDATE messaging_regionaccount SET push_url = %s", [customer.url])
        accept(shop, 12)
        carrier = SandboxCarrier(ALIAS)
        dispatch.dispatch(ALIAS, carrier, "w")
        with clock.travel(by=timedelta(seconds=2)):
            receipts.pump(ALIAS, carrier)
            tasks.push_region(ALIAS)
        assert len(customer.calls) == 12
    found = rows(ALIAS, "SELECT state, count(*) FROM messaging_deliverypush GROUP BY state")
    assert found == [(PushState.DONE, 12)]


@pytest.mark.parametrize("failure", [OperationalError("down"), VaultUnavailable("no answer")])
def test_a_region_that_is_down_is_said_and_left_for_the_next_time(
    failure: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: Any) -> None:
        raise failure

    monkeypatch.setattr(push, "push_due", fail)
    tasks.push_region(ALIAS)
    [record] = caplog.records
    assert (record.levelname, record.database) == ("WARNING", ALIAS)  # type: ignore[attr-defined]


def test_a_region_that_is_down_is_not_reconciled(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: Any) -> None:
        raise OperationalError("down")

    monkeypatch.setattr(tasks.reconcile, "reconcile", fail)
    tasks.reconcile_region(ALIAS)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


# --- Partitions ------------------------------------------------------------------------------------------------


def critical(caplog: pytest.LogCaptureFixture) -> list[Any]:
    return [record for record in caplog.records if record.levelno == logging.CRITICAL]


@pytest.mark.fresh
def test_days_that_run_out_are_an_alarm(
    worker: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(alias: str) -> int:
        raise OperationalError("lock timeout")

    with monkeypatch.context() as patch:
        patch.setattr(partitions, "ensure_ahead", fail)
        tasks.make_partitions_of(ALIAS)
    [record] = critical(caplog)
    assert record.database == ALIAS
    assert 0 < record.days_left < tasks.ALARM_DAYS
    caplog.clear()
    tasks.make_partitions_of(ALIAS)
    assert critical(caplog) == []
    assert partitions.days_left(ALIAS) > partitions.DAYS_AHEAD
    with clock.travel(by=timedelta(days=partitions.DAYS_AHEAD - 7)), monkeypatch.context() as patch:
        patch.setattr(partitions, "ensure_ahead", fail)
        tasks.make_partitions_of(ALIAS)
        assert critical(caplog) == [], "eight days are left"
    with clock.travel(by=timedelta(days=partitions.DAYS_AHEAD - 5)), monkeypatch.context() as patch:
        patch.setattr(partitions, "ensure_ahead", fail)
        tasks.make_partitions_of(ALIAS)
        assert len(critical(caplog)) == 1
    with clock.travel(by=timedelta(days=partitions.DAYS_AHEAD + 9)):
        tasks.make_partitions_of(ALIAS)
        assert len(critical(caplog)) == 1, "a gap behind us is none ahead"


def test_one_missing_table_is_as_bad_as_all(
    worker: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A day is there when every table has it."""
    real = partitions.existing_days
    last = partitions.partitioned_models()[-1]._meta.db_table

    def existing(alias: str, table: str) -> list[Any]:
        return real(alias, table)[:1] if table == last else real(alias, table)

    monkeypatch.setattr(partitions, "ensure_ahead", lambda alias: 0)
    monkeypatch.setattr(partitions, "existing_days", existing)
    tasks.make_partitions_of(ALIAS)
    [record] = critical(caplog)
    assert record.days_left == 0
    connections[ALIAS].close()
