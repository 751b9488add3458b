"""Partitions are made while everybody works: nobody waits for it, and it waits for nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connections

from paasoo_portal.core import clock, partitions
from paasoo_portal.core.ids import uuid7_floor
from tests import money

ALIAS = "ie"
TABLES = [model._meta.db_table for model in partitions.partitioned_models()]


@pytest.fixture
def far() -> object:
    return clock.today() + timedelta(days=400)


def test_a_day_is_made_beside_an_open_transaction(committed: None, far) -> None:
    with money.role("worker"), money.owner(ALIAS) as writer:
        writer.execute("BEGIN")
        for table in TABLES:
            writer.execute(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE")
        with connections[ALIAS].cursor() as cursor:
            cursor.execute("SET lock_timeout = '500ms'")
        try:
            assert partitions.ensure(ALIAS, far, far) == len(TABLES)
            assert partitions.ensure(ALIAS, far, far) == 0
        finally:
            writer.execute("ROLLBACK")
            for table in TABLES:
                partitions.drop(ALIAS, table, far)


def test_a_partition_has_all_that_its_parent_has(committed: None, far) -> None:
    """Made as a table and attached: its indexes are the parent's, and it is closed to whoever goes round the parent."""
    with money.role("worker"):
        partitions.ensure(ALIAS, far, far)
    try:
        with money.owner(ALIAS) as connection:
            for table in TABLES:
                child = partitions.name_of(table, far)
                found = connection.execute(
                    "SELECT c.relrowsecurity, c.relforcerowsecurity, pg_get_expr(c.relpartbound, c.oid), "
                    "(SELECT count(*) FROM pg_index i JOIN pg_inherits h ON h.inhrelid = i.indexrelid "
                    " WHERE i.indrelid = c.oid), "
                    "(SELECT count(*) FROM pg_index i WHERE i.indrelid = c.oid), "
                    "(SELECT count(*) FROM pg_index i WHERE i.indrelid = %s::regclass) "
                    "FROM pg_class c WHERE c.oid = %s::regclass",
                    [table, child],
                ).fetchone()
                assert found is not None
                low, high = uuid7_floor(far), uuid7_floor(far + timedelta(days=1))
                assert found[:3] == (True, True, f"FOR VALUES FROM ('{low}') TO ('{high}')")
                # Each index is attached to one of the parent's, and none is missing or of its own.
                assert found[3] == found[4] == found[5]
    finally:
        with money.role("worker"):
            for table in TABLES:
                partitions.drop(ALIAS, table, far)
