"""Beat's rounds: one process at a time, projections once a minute, none dies of a region that is down."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connections

from messaging.allowance import selectors, tasks
from paasoo_portal.core import clock
from paasoo_portal.core.tasks import sign_of_life
from tests import money


@pytest.fixture
def repaired(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(tasks, "repair", found.append)
    with money.owner("default") as connection:
        connection.execute("DELETE FROM core_heartbeat WHERE name LIKE 'projections.%'")
    return found


def test_every_database_gets_its_round(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[Any, ...]] = []
    monkeypatch.setattr(
        tasks.current_app,
        "send_task",
        lambda name, **given: sent.append((name, given["args"], given["queue"])),
    )
    tasks.top_up_allowances()
    assert sent == [
        ("messaging.top_up_region", ["ie"], "region.ie"),
        ("messaging.top_up_region", ["sg"], "region.sg"),
    ]


def test_a_round_fills_allowances(worker: None, repaired: list[str]) -> None:
    account = money.account(100)
    tasks.top_up_region("ie")
    assert selectors.allowances(account.pk)["ie"] == 5


def test_projections_are_compared_once_a_minute(worker: None, repaired: list[str]) -> None:
    tasks.top_up_region("ie")
    tasks.top_up_region("ie")
    assert repaired == ["ie"]
    with clock.travel(by=timedelta(seconds=61)):
        tasks.top_up_region("ie")
    assert repaired == ["ie", "ie"]


def test_a_second_process_leaves_the_region_to_the_first(worker: None, repaired: list[str]) -> None:
    account = money.account(100)
    given = connections["default"].settings_dict
    other = psycopg.connect(dbname=given["NAME"], host=given["HOST"], user="paasoo_worker", autocommit=True)
    with other:
        other.execute("SELECT pg_advisory_lock(hashtextextended('ie', 23))")
        tasks.top_up_region("ie")
        assert selectors.allowances(account.pk)["ie"] == 0
        other.execute("SELECT pg_advisory_unlock_all()")
    tasks.top_up_region("ie")
    assert selectors.allowances(account.pk)["ie"] == 5


def test_a_region_that_is_down_is_left_for_the_next_round(
    worker: None, repaired: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def down(region: str) -> None:
        raise OperationalError("down")

    with monkeypatch.context() as patch:
        patch.setattr(tasks, "top_up", down)
        tasks.top_up_region("ie")
    assert "allowances were not looked after" in caplog.text
    account = money.account(100)
    tasks.top_up_region("ie")
    assert selectors.allowances(account.pk)["ie"] == 5


def test_without_the_control_plane_a_round_is_left_out(
    worker: None, repaired: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def down() -> None:
        raise OperationalError("down")

    monkeypatch.setattr(tasks.connection, "cursor", down)
    tasks.top_up_region("ie")
    sign_of_life()
    assert "allowances were not looked after" in caplog.text
    assert "no sign of life could be given" in caplog.text
