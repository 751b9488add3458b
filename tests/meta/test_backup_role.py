"""Dumps are taken by a role that reads everything and writes nothing; without it no back-up would be complete."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections

from paasoo_portal.core import partitions, regions
from paasoo_portal.embedded.postgres import program
from tests import money

pytestmark = pytest.mark.usefixtures("worker")


@pytest.fixture
def worker(committed: None) -> Any:
    with money.role("worker"):
        yield


def login(alias: str) -> dict[str, str]:
    given = connections[alias].settings_dict
    return {"host": str(given["HOST"]), "dbname": str(given["NAME"]), "user": "paasoo_backup"}


@pytest.mark.parametrize("alias", ["default", "sg"])
def test_it_dumps_a_whole_database_with_partitions_made_since(alias: str, tmp_path: Path) -> None:
    if alias != "default":
        last = partitions.existing_days(alias, "messaging_message")[-1] + timedelta(days=1)
        partitions.ensure(alias, last, last)
        connections[alias].close()
    given = login(alias)
    file = tmp_path / "dump.sql"
    subprocess.run(
        [str(program("pg_dump")), "-h", given["host"], "-p", "5432", "-U", given["user"], "-f", str(file),
         given["dbname"]],
        check=True, capture_output=True,
    )  # fmt: skip
    text = file.read_text()
    if alias != "default":
        assert f"COPY public.{partitions.name_of('messaging_message', last)} " in text
        assert "COPY public.privacy_datakey_epoch_" in text
    else:
        assert "COPY public.accounts_account " in text


def test_it_writes_nothing() -> None:
    for alias in ("default", *regions.aliases()):
        with psycopg.connect(**login(alias), autocommit=True) as connection:
            names = [
                row[0]
                for row in connection.execute(
                    "SELECT oid::regclass::text FROM pg_class "
                    "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
                ).fetchall()
            ]
            assert names
            for privilege in ("INSERT", "UPDATE", "DELETE", "TRUNCATE"):
                held = connection.execute(
                    "SELECT n FROM unnest(%s::text[]) AS n WHERE has_table_privilege(n, %s)",
                    [names, privilege],
                ).fetchall()
                assert held == [], (alias, privilege)
