"""Dropping days: only what nobody can read, never what is unsettled, and again after a crash."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connections

from messaging.messages import selectors, sweep
from messaging.messages.states import State
from messaging.usage import settle, statistics
from messaging.usage.models import UsageRecord
from paasoo_portal.core import clock, partitions
from paasoo_portal.core.tenancy import scope, system_scope
from privacy import keys
from privacy.keys import DataClass, epochs
from tests import money
from tests.privacy.conftest import reset

ALIAS = "ie"
TABLES = [model._meta.db_table for model in partitions.partitioned_models()]


@pytest.fixture
def region(worker: None, tmp_path: Path, settings: Any) -> Iterator[str]:
    """The region with a vault of its own."""
    settings.KEY_VAULT_URL = f"file://{tmp_path / 'vault'}"
    settings.ERASURE_JOURNAL_URL = f"file://{tmp_path / 'journal'}"
    reset(ALIAS)
    epochs.bootstrap(ALIAS)
    _drop_all(clock.today())
    yield ALIAS
    keys.forget()


def _drop_all(before: date) -> None:
    for table in TABLES:
        for day in partitions.existing_days(ALIAS, table):
            if day < before:
                partitions.drop(ALIAS, table, day)


def written(account_id: UUID, age: int, *, days: int = 90, state: int = State.DELIVERED) -> tuple[date, UUID]:
    """A message of some days ago under keys of its own."""
    day = clock.today() - timedelta(days=age)
    with clock.travel(by=-timedelta(days=age)), system_scope("test", using=(ALIAS,)):
        pair = [
            keys.for_sealing(ALIAS, account_id, data_class, day, day + timedelta(days=days)).id
            for data_class in (DataClass.CONTENT, DataClass.NUMBER)
        ]
    ids = money.write(ALIAS, account_id, day, state=state, key_ids=(pair[0], pair[1]))
    return day, ids[0]


def let_keys_die(account_id: UUID, *classes: int) -> None:
    with system_scope("test", using=(ALIAS,)), connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "DELETE FROM privacy_datakey WHERE account_id = %s AND data_class = ANY(%s)",
            [account_id, list(classes or (1, 2))],
        )


def run() -> int:
    return sweep.sweep(alias=ALIAS, cutoff_on=clock.today())


def days() -> list[date]:
    return [day for day in partitions.existing_days(ALIAS, TABLES[0]) if day < clock.today()]


def test_a_day_goes_when_all_its_keys_are_gone(region: str) -> None:
    account_id = money.account().pk
    day, _ = written(account_id, 5)
    let_keys_die(account_id)
    assert run() == len(TABLES)
    assert all(day not in partitions.existing_days(ALIAS, table) for table in TABLES)
    assert run() == 0


@pytest.mark.parametrize("dead", [DataClass.CONTENT, DataClass.NUMBER])
def test_a_day_of_which_one_class_lives_stays(region: str, dead: DataClass) -> None:
    account_id = money.account().pk
    day, _ = written(account_id, 5)
    let_keys_die(account_id, dead)
    assert run() == 0
    assert days() == [day]


def test_one_accounts_key_keeps_the_day_of_all(region: str) -> None:
    first, second = money.account().pk, money.account().pk
    day, _ = written(first, 5)
    written(second, 5)
    let_keys_die(first)
    assert run() == 0
    let_keys_die(second)
    assert run() == len(TABLES)
    assert day not in days()


def test_usage_is_settled_before_the_day_goes(region: str) -> None:
    account_id = money.account().pk
    day, _ = written(account_id, 5)
    let_keys_die(account_id)
    run()
    with scope(account_id):
        assert UsageRecord.objects.get().day == day
    assert settle.settle(alias=ALIAS, before=clock.today()) == 0


def test_a_day_that_cannot_be_settled_stays(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    account_id = money.account().pk
    day, _ = written(account_id, 5)
    let_keys_die(account_id)

    def down(*_: Any) -> None:
        raise OperationalError("the control plane is down")

    monkeypatch.setattr(settle, "settle_day", down)
    with pytest.raises(OperationalError):
        run()
    assert days() == [day]


def test_today_and_later_days_stay(region: str) -> None:
    ahead = partitions.existing_days(ALIAS, TABLES[0])
    assert sweep.sweep(alias=ALIAS, cutoff_on=clock.today() + timedelta(days=400)) == 0
    assert partitions.existing_days(ALIAS, TABLES[0]) == ahead


def test_a_message_that_waits_keeps_its_day_for_a_week(region: str) -> None:
    account_id = money.account().pk
    written(account_id, 6, state=State.QUEUED)
    written(account_id, 9, state=State.QUEUED)
    let_keys_die(account_id)
    run()
    assert days() == [clock.today() - timedelta(days=6)]


def test_a_scheduled_message_keeps_its_day_while_its_later_key_lives(region: str) -> None:
    """Its retention starts when it is sent, so its key begins on another day than its id."""
    account_id = money.account().pk
    day = clock.today() - timedelta(days=5)
    later = clock.today() - timedelta(days=1)
    with system_scope("test", using=(ALIAS,)):
        pair = [
            keys.for_sealing(ALIAS, account_id, data_class, later, later + timedelta(days=30)).id
            for data_class in (1, 2)
        ]
    money.write(ALIAS, account_id, day, key_ids=(pair[0], pair[1]))
    assert run() == 0
    assert days() == [day]


def test_a_day_that_was_closed_is_not_read_again(region: str, monkeypatch: pytest.MonkeyPatch) -> None:
    account_id = money.account().pk
    day, _ = written(account_id, 9)
    settle.settle(alias=ALIAS, before=clock.today())
    let_keys_die(account_id)
    monkeypatch.setattr(selectors, "key_days", lambda *_: pytest.fail("it is cold on the disk"))
    assert run() == len(TABLES)
    assert day not in days()


def test_what_was_noted_of_a_scheduled_message_keeps_its_day(region: str) -> None:
    account_id = money.account().pk
    day, later = (clock.today() - timedelta(days=age) for age in (12, 3))
    with system_scope("test", using=(ALIAS,)):
        pair = [
            keys.for_sealing(ALIAS, account_id, data_class, later, later + timedelta(days=30)).id
            for data_class in (1, 2)
        ]
    money.write(ALIAS, account_id, day, key_ids=(pair[0], pair[1]))
    settle.settle(alias=ALIAS, before=clock.today())
    assert statistics.key_days(ALIAS, day) == {later}
    assert run() == 0
    let_keys_die(account_id)
    assert run() == len(TABLES)
    assert day not in days()


def test_a_crash_between_two_tables_is_mended_by_the_next_run(
    region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = money.account().pk
    day, _ = written(account_id, 5)
    let_keys_die(account_id)

    def crash(_: str) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(sweep, "fault", crash)
        with pytest.raises(RuntimeError):
            run()
    # Whoever comes late finds no message, and so writes no event of it.
    assert day not in partitions.existing_days(ALIAS, "messaging_message")
    assert day in partitions.existing_days(ALIAS, "messaging_messageevent")
    assert run() == len(TABLES) - 1
    assert all(day not in partitions.existing_days(ALIAS, table) for table in TABLES)


def test_the_sandboxs_own_ledger_goes_along(region: str) -> None:
    account_id = money.account().pk
    _, message_id = written(account_id, 5)
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "INSERT INTO messaging_sandboxsubmission "
            "(reference, carrier_ref, outcome, submitted_at, receipts_left) "
            "VALUES (%s, 'x', 'delivered', now(), 0)",
            [message_id],
        )
        let_keys_die(account_id)
        run()
        cursor.execute("SELECT 1 FROM messaging_sandboxsubmission WHERE reference = %s", [message_id])
        assert cursor.fetchone() is None
