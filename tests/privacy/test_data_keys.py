"""Data keys: made once, found again, refused to others, and loud when unknown."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import connections, transaction

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7, uuid7_floor
from paasoo_portal.core.tenancy import NoScope, scope, system_scope
from privacy import keys
from privacy.keys import cache
from privacy.keys.models import DataClass
from privacy.retention import enforce
from tests.privacy.conftest import MakeKey, Registered, as_owner

PLACE = {"table": "messaging_message", "column": "content_sealed"}


def count(alias: str) -> int:
    with as_owner(alias) as connection:
        return int(connection.execute("SELECT count(*) FROM privacy_datakey").fetchone()[0])  # type: ignore[index]


def test_a_key_is_made_once_per_use(region: str, account: UUID, make_key: MakeKey) -> None:
    key = make_key(account)
    assert make_key(account).id == key.id
    keys.forget()
    assert make_key(account).id == key.id
    others = {
        make_key(account, days=29).id,
        make_key(account, data_class=DataClass.NUMBER).id,
        make_key(uuid7()).id,
        key.id,
    }
    assert len(others) == 4
    assert count(region) == 4


def test_seals_and_opens_through_the_database(region: str, account: UUID, make_key: MakeKey) -> None:
    row = uuid7()
    key = make_key(account)
    sealed = key.seal("héllo".encode(), **PLACE, row=row)
    keys.forget()
    with scope(account, using=(region,)):
        assert keys.open_sealed(region, account, key.id, sealed, **PLACE, row=row).decode() == "héllo"


def test_threads_make_one_key(region: str, account: UUID, make_key: MakeKey) -> None:
    made: list[UUID] = []
    barrier = threading.Barrier(6)

    def work() -> None:
        barrier.wait()
        try:
            made.append(make_key(account).id)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 6
    assert len(set(made)) == 1
    assert count(region) == 1


def test_a_key_that_rolled_back_is_not_remembered(region: str, account: UUID) -> None:
    today = clock.today()
    use = (region, account, 1, today, today + timedelta(days=30))
    with pytest.raises(RuntimeError), scope(account, using=(region,)):
        lost = keys.for_sealing(*use)
        raise RuntimeError
    assert cache.keys().by_id(region, lost.id) is None
    with scope(account, using=(region,)):
        kept = keys.for_sealing(*use)
    assert kept.id != lost.id
    keys.forget()
    with scope(account, using=(region,)):
        assert keys.for_sealing(*use).id == kept.id


def test_within_a_transaction_the_same_key_comes_again(region: str, account: UUID) -> None:
    today = clock.today()
    with scope(account, using=(region,)):
        one = keys.for_sealing(region, account, 1, today, today + timedelta(days=30))
        with transaction.atomic(using=region):
            other = keys.for_sealing(region, account, 1, today, today + timedelta(days=30))
    assert one.id == other.id


def test_no_key_is_made_that_is_due(region: str, account: UUID) -> None:
    today = clock.today()
    with system_scope("test", using=(region,)):
        for starts, due in (
            (today, today),
            (today - timedelta(days=5), today),
            (today, today - timedelta(days=1)),
        ):
            with pytest.raises(keys.PastDue):
                keys.for_sealing(region, account, 1, starts, due)


def test_another_account_s_key_is_as_unknown_as_none(region: str, account: UUID, make_key: MakeKey) -> None:
    mallory = uuid7()
    key = make_key(account)
    for forget in (False, True):
        if forget:
            keys.forget()
        with scope(mallory, using=(region,)):
            with pytest.raises(keys.UnknownKey):
                keys.open_sealed(region, mallory, key.id, b"", **PLACE, row=uuid7())
            with pytest.raises(keys.UnknownKey):
                keys.open_sealed(region, mallory, uuid7(), b"", **PLACE, row=uuid7())
            with pytest.raises(PermissionError):
                keys.open_sealed(region, account, key.id, b"", **PLACE, row=uuid7())


def test_without_a_scope_there_is_no_key(region: str, account: UUID) -> None:
    with pytest.raises(NoScope):
        keys.for_sealing(region, account, 1, clock.today(), clock.today() + timedelta(days=30))


def test_a_key_is_refused_from_the_midnight_it_is_due_before_any_run(
    region: str, account: UUID, make_key: MakeKey
) -> None:
    row = uuid7()
    key = make_key(account, days=2)
    sealed = key.seal(b"text", **PLACE, row=row)
    with clock.travel(clock.midnight(key.due_on) - timedelta(seconds=5)), scope(account, using=(region,)):
        assert keys.open_sealed(region, account, key.id, sealed, **PLACE, row=row) == b"text"
    with clock.travel(clock.midnight(key.due_on)), scope(account, using=(region,)):
        with pytest.raises(keys.Erased):
            keys.open_sealed(region, account, key.id, sealed, **PLACE, row=row)


@pytest.mark.parametrize("column", ["due_on", "starts_on", "account_id", "data_class", "generation"])
def test_an_altered_key_row_opens_nothing(region: str, account: UUID, make_key: MakeKey, column: str) -> None:
    """Whoever writes the database cannot lengthen a life or give a key to another account."""
    key, thief = make_key(account), uuid7()
    value = {
        "due_on": "due_on + 300",
        "starts_on": "starts_on - 1",
        "account_id": f"'{thief}'",
        "data_class": "2",
        "generation": "7",
    }[column]
    with as_owner(region) as connection:
        connection.execute(f"UPDATE privacy_datakey SET {column} = {value} WHERE id = %s", [key.id])
    keys.forget()
    with system_scope("test", using=(region,)), pytest.raises(keys.SealRefused) as refused:
        keys.living(region, None, [key.id])
    assert str(key.id) in refused.value.log


def test_an_opener_asks_once_for_a_whole_page(
    region: str, account: UUID, make_key: MakeKey, django_assert_num_queries: object
) -> None:
    made = [make_key(account, age=age) for age in range(10)]
    rows = [(key, uuid7()) for key in made]
    sealed = [(key.id, row, key.seal(str(row).encode(), **PLACE, row=row)) for key, row in rows]
    keys.forget()
    with scope(account, using=(region,)):
        opener = keys.opener(region, account)
        with django_assert_num_queries(1, connection=connections[region]):  # type: ignore[operator]
            opener.prefetch([key_id for key_id, _, _ in sealed])
            for key_id, row, value in sealed:
                assert opener.open(key_id, value, **PLACE, row=row) == str(row).encode()


def test_a_batch_over_accounts_opens_as_a_system_job(region: str, make_key: MakeKey) -> None:
    row = uuid7()
    made = [make_key(uuid7()) for _ in range(3)]
    keys.forget()
    with system_scope("dispatch", using=(region,)):
        opener = keys.opener(region)
        opener.prefetch(key.id for key in made)
        for key in made:
            assert opener.open(key.id, key.seal(b"x", **PLACE, row=row), **PLACE, row=row) == b"x"


def test_probes_pair_each_living_key_with_its_day(region: str, account: UUID, make_key: MakeKey) -> None:
    number, day, today = b"447700900123", timedelta(days=1), clock.today()
    made = [make_key(account, data_class=DataClass.NUMBER, age=age, days=90) for age in (0, 1, 5)]
    make_key(account, data_class=DataClass.CONTENT, age=2)
    make_key(uuid7(), data_class=DataClass.NUMBER, age=1, days=90)
    expired = make_key(account, data_class=DataClass.NUMBER, age=10, days=10)
    with scope(account, using=(region,)):
        lo, hi, probe = keys.number_probes(region, account, number, today - 20 * day, today)
        assert lo == [uuid7_floor(key.starts_on) for key in made]
        assert hi == [uuid7_floor(key.starts_on + day) for key in made]
        assert probe == [key.token(number) for key in made]
        assert expired.token(number) not in probe
        lo, _, _ = keys.number_probes(region, account, number, today - day, today - day)
        assert lo == [uuid7_floor(today - day)]


def test_scheduled_messages_are_found_on_the_days_they_were_written(
    region: str, account: UUID, make_key: MakeKey
) -> None:
    day, today = timedelta(days=1), clock.today()
    make_key(account, data_class=DataClass.NUMBER, age=0, days=90)
    with scope(account, using=(region,)):
        lo, hi, _ = keys.number_probes(region, account, b"1", today - 9 * day, today - day, ahead_days=7)
    assert lo == [uuid7_floor(today - 7 * day)]
    assert hi == [uuid7_floor(today)]


def test_the_cache_is_bounded_in_number_and_time(make_key: MakeKey) -> None:
    small = cache.KeyCache(seconds=60, most=2)
    made = [make_key(uuid7()) for _ in range(3)]
    for key in made:
        small.put(key, for_sealing=True)
    assert [small.by_id(key.alias, key.id) for key in made] == [None, made[1], made[2]]
    at_once = cache.KeyCache(seconds=0)
    at_once.put(made[0], for_sealing=True)
    assert at_once.by_id(made[0].alias, made[0].id) is None


def test_the_database_holds_no_key_in_clear(
    region: str, account: UUID, make_key: MakeKey, vault_folder: Path
) -> None:
    key = make_key(account)
    material = key._material
    with as_owner(region) as connection:
        wrapped = bytes(connection.execute("SELECT wrapped FROM privacy_datakey").fetchone()[0])  # type: ignore[index]
    assert material not in wrapped
    epoch_key = (vault_folder / region / "epoch-1.key").read_bytes()[5:37]
    assert epoch_key not in wrapped


def test_delivery_opens_past_midnight_until_the_run_has_taken_the_key(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    row = uuid7()
    key = make_key(account, days=1)
    sealed = key.seal(b"text", **PLACE, row=row)
    with clock.travel(clock.midnight(key.due_on)):
        with system_scope("dispatch", using=(region,)):
            assert keys.opener(region, until_taken=True).open(key.id, sealed, **PLACE, row=row) == b"text"
        enforce.enforce(region, clock.today())
        with system_scope("dispatch", using=(region,)), pytest.raises(keys.Erased):
            keys.opener(region, until_taken=True).open(key.id, sealed, **PLACE, row=row)
