"""What each database role can do with keys: the web makes and uses its account's, and destroys none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import DatabaseError, connections, transaction

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope, system_scope
from privacy import keys
from privacy.keys import carry_over as carrying
from tests.privacy.conftest import MakeKey, _become, as_owner

PLACE = {"table": "messaging_message", "column": "content_sealed"}


@pytest.fixture
def as_app(region: str) -> Iterator[str]:
    """The region, in the web's role."""
    users = {name: connections[name].settings_dict["USER"] for name in connections}
    _become(dict.fromkeys(users, "paasoo_app"))
    yield region
    _become(users)


def refused(alias: str, statement: str, *parameters: UUID) -> bool:
    try:
        with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
            cursor.execute(statement, parameters)
            return bool(cursor.rowcount == 0)
    except DatabaseError:
        return True


def test_the_web_makes_keys_seals_and_opens_within_its_account(as_app: str, account: UUID) -> None:
    row, today = uuid7(), clock.today()
    with scope(account, using=(as_app,)):
        key = keys.for_sealing(as_app, account, 1, today, today + timedelta(days=30))
        sealed = key.seal(b"text", **PLACE, row=row)
    keys.forget()
    with scope(account, using=(as_app,)):
        assert keys.open_sealed(as_app, account, key.id, sealed, **PLACE, row=row) == b"text"


def test_the_web_destroys_no_key_and_moves_no_epoch(as_app: str, account: UUID) -> None:
    today = clock.today()
    with scope(account, using=(as_app,)):
        keys.for_sealing(as_app, account, 1, today, today + timedelta(days=30))
        for statement in (
            "DELETE FROM privacy_datakey",
            "UPDATE privacy_datakey SET due_on = due_on + 300",
            "TRUNCATE privacy_datakey",
            "INSERT INTO privacy_epoch (number, state, opened_at, fingerprint) VALUES (9, 'open', now(), '')",
            "UPDATE privacy_epoch SET state = 'destroyed'",
            "DELETE FROM privacy_keytombstone",
            "SELECT paasoo_epoch_partition_create('privacy_datakey', 9)",
            "SELECT paasoo_partition_drop('privacy_datakey', 'privacy_datakey_epoch_1')",
            "SELECT * FROM privacy_datakey_epoch_1",
        ):
            assert refused(as_app, statement), statement
    with pytest.raises(DatabaseError):
        carrying.carry_over(as_app)


def test_without_a_scope_or_in_another_s_the_web_sees_no_key(as_app: str, account: UUID) -> None:
    today = clock.today()
    with scope(account, using=(as_app,)):
        keys.for_sealing(as_app, account, 1, today, today + timedelta(days=30))
    for around in (scope(uuid7(), using=(as_app,)), system_scope("forged", using=(as_app,))):
        with around, connections[as_app].cursor() as cursor:
            cursor.execute("SELECT count(*) FROM privacy_datakey")
            assert cursor.fetchone() == (0,)


def test_the_web_cannot_make_another_account_s_key(as_app: str, account: UUID) -> None:
    with scope(uuid7(), using=(as_app,)):
        assert refused(
            as_app,
            "INSERT INTO privacy_datakey (epoch, id, account_id, data_class, starts_on, due_on, generation, wrapped, "
            "created_at) VALUES (1, %s, %s, 1, now(), now(), 0, '', now())",
            uuid7(),
            account,
        )


def test_the_partitions_that_a_carry_over_makes_are_walled_too(region: str, make_key: MakeKey) -> None:
    make_key(uuid7())
    carrying.carry_over(region)
    with as_owner(region) as connection:
        walled = connection.execute(
            "SELECT relrowsecurity, relforcerowsecurity, relacl::text FROM pg_class "
            "WHERE oid = 'privacy_datakey_epoch_2'::regclass"
        ).fetchone()
    assert walled is not None
    assert walled[:2] == (True, True)
    assert not walled[2] or not any(
        role in walled[2] for role in ("paasoo_app", "paasoo_ingest", "paasoo_worker")
    )
    with (
        transaction.atomic(using=region),
        connections[region].cursor() as cursor,
        pytest.raises(DatabaseError),
    ):
        cursor.execute("SELECT * FROM privacy_datakey_epoch_2")
