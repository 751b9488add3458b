"""One part of the retention benchmark in a process of its own, as the worker: `python -m benchmarks.shred PART`.

`shred SIZE` fills an account and lets its content die as often as asked, each time from the same state; `delete` removes
the same rows by DELETE and VACUUM; `sweep SIZE` drops the days of an account against a DELETE of the same rows. Each
prints what it measured as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import django
from django.conf import settings

from paasoo_portal import embedded

ALIAS: Final = "sg"
DAYS: Final = 30
# Tables, and their columns that hold a message's id.
MESSAGES: Final = {"messaging_message": "id"}
RUNS: Final = int(os.environ.get("BENCH_RUNS", "5"))


@dataclass(frozen=True)
class Cost:
    """What one piece of work took."""

    seconds: float
    wal_bytes: int
    statements: int


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paasoo_portal.settings")
    django.setup()
    part, *rest = sys.argv[1:]
    answer = {"shred": shred, "delete": delete, "sweep": sweep}[part](*rest)
    print(json.dumps(answer, default=str))


def shred(size: str) -> dict[str, Any]:
    """Enforcement, certificate and audit entry included; settlement was done before and is told apart."""
    from benchmarks.fill import fill, opened
    from paasoo_portal.core import clock
    from paasoo_portal.core.ids import uuid7
    from privacy.retention import enforce

    with superuser() as connection:
        filled = fill(connection, ALIAS, uuid7(), past(31, DAYS), int(size))
        settled = _timed_settle()
        costs = []
        readable = opened(ALIAS, filled.account_id, filled.samples)
        if readable != len(filled.samples):
            raise SystemExit(f"only {readable} of the samples can be read before")
        _instruct(filled.account_id)
        _keep(connection, filled.account_id)
        enforce.enforce(ALIAS, clock.today())
        if left := opened(ALIAS, filled.account_id, filled.samples):
            raise SystemExit(f"{left} of the samples can be read afterwards")
        for _ in range(RUNS + 1):
            _as_before(connection, filled.account_id)
            costs.append(
                measured(connection, lambda: enforce.enforce(ALIAS, clock.today()), checkpoint=False)
            )
    return {
        "account": filled.account_id,
        "settle_seconds": settled,
        "costs": [cost.__dict__ for cost in costs[1:]],
    }


def delete(account: str) -> dict[str, Any]:
    """DELETE of the very rows, and the VACUUM that it needs."""
    days = past(31, DAYS)
    with superuser() as connection:
        removed = measured(connection, lambda: _delete(connection, UUID(account), days, MESSAGES))
        vacuumed = measured(connection, lambda: connection.execute("VACUUM messaging_message"))
    return {"delete": removed.__dict__, "vacuum": vacuumed.__dict__}


def sweep(size: str) -> dict[str, Any]:
    """Days of which no key lives, dropped; and the same rows deleted before, in a transaction that is taken back.

    Settlement was done before, as it is each night.
    """
    from benchmarks.fill import fill, write_steps
    from messaging.messages import sweep as sweeping
    from paasoo_portal.core import clock
    from paasoo_portal.core.ids import uuid7
    from privacy.retention import enforce

    days = past(100, DAYS)
    with superuser() as connection:
        account = fill(connection, ALIAS, uuid7(), days, int(size)).account_id
        write_steps(connection, account)
        _timed_settle()
        enforce.enforce(ALIAS, clock.today())

        def taken_back() -> None:
            with connection.transaction(force_rollback=True):
                _delete(connection, account, days, {"messaging_messageevent": "message_id"} | MESSAGES)

        removed = measured(connection, taken_back)
        # Rows whose deleter gave up are written anew by their next reader, which is no cost of the sweep.
        connection.execute("VACUUM messaging_message, messaging_messageevent")
        swept = measured(connection, lambda: sweeping.sweep(alias=ALIAS, cutoff_on=clock.today()))
        left = connection.execute(
            "SELECT count(*) FROM messaging_message WHERE account_id = %s", [account]
        ).fetchone()
        if left != (0,):
            raise SystemExit(f"the sweep left {left} rows")
    return {"delete": removed.__dict__, "sweep": swept.__dict__}


def past(youngest: int, count: int) -> list[date]:
    """Days that far back, oldest first."""
    from paasoo_portal.core import clock

    return [clock.today() - timedelta(days=age) for age in range(youngest + count - 1, youngest - 1, -1)]


def measured(connection: Any, work: Callable[[], Any], *, checkpoint: bool = True) -> Cost:
    """Time, WAL and statements of Django's.

    After a checkpoint each page that is touched goes to the WAL whole. What touches a dozen is measured without: one
    page more, by the chance of where a row lies, would be a tenth of it.
    """
    if checkpoint:
        connection.execute("CHECKPOINT")
        # What was written before this piece of work is not written back during it.
        os.sync()
    before = _wal(connection)
    with counted() as statements:
        began = time.perf_counter()
        work()
        seconds = time.perf_counter() - began
    return Cost(seconds, _wal(connection) - before, len(statements))


@contextmanager
def counted() -> Iterator[list[None]]:
    from django.db import connections

    seen: list[None] = []

    def note(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        seen.append(None)
        return execute(sql, params, many, context)

    with ExitStack() as stack:
        for alias in ("default", ALIAS):
            stack.enter_context(connections[alias].execute_wrapper(note))
        yield seen


def superuser() -> AbstractContextManager[Any]:
    """A connection to the region's database that no policy stops."""
    return closing(embedded.Postgres(settings.PATHS).connect("paasoo_sg"))


def control() -> AbstractContextManager[Any]:
    """The same to the control plane."""
    return closing(embedded.Postgres(settings.PATHS).connect("paasoo"))


def _timed_settle() -> float:
    from messaging.usage import settle
    from paasoo_portal.core import clock

    began = time.perf_counter()
    settle.settle(alias=ALIAS, before=clock.today())
    return time.perf_counter() - began


def _instruct(account: UUID) -> None:
    """The customer keeps texts for thirty days from now on; its grace period is over."""
    from paasoo_portal.core import clock
    from paasoo_portal.core.ids import uuid7
    from privacy.keys.models import DataClass

    with control() as connection:
        connection.execute(
            "INSERT INTO privacy_retentioninstruction (id, account_id, data_class, days, instructed_at, effective_at) "
            "VALUES (%s, %s, %s, %s, %s, %s)",
            [uuid7(), account, int(DataClass.CONTENT), DAYS, *[clock.now() - timedelta(days=2)] * 2],
        )


def _keep(connection: Any, account: UUID) -> None:
    """A copy of the account's keys, so that its content can die more than once."""
    connection.execute("DROP TABLE IF EXISTS bench_keys")
    connection.execute(
        "CREATE TABLE bench_keys AS SELECT * FROM privacy_datakey WHERE account_id = %s", [account]
    )


def _as_before(connection: Any, account: UUID) -> None:
    """Take an enforcement back, as nothing in the product can."""
    with connection.transaction():
        connection.execute("DELETE FROM privacy_datakey WHERE account_id = %s", [account])
        connection.execute("INSERT INTO privacy_datakey SELECT * FROM bench_keys")
        connection.execute("DELETE FROM privacy_keytombstone WHERE account_id = %s", [account])
    with control() as plane:
        plane.execute("DELETE FROM privacy_retentionrun WHERE kind = 'enforce'")


def _delete(connection: Any, account: UUID, days: list[date], tables: dict[str, str]) -> None:
    from paasoo_portal.core.ids import uuid7_floor

    low, high = uuid7_floor(days[0]), uuid7_floor(days[-1] + timedelta(days=1))
    for table, column in tables.items():
        connection.execute(
            f"DELETE FROM {table} WHERE account_id = %s AND {column} >= %s AND {column} < %s",
            [account, low, high],
        )


def _wal(connection: Any) -> int:
    row = connection.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint").fetchone()
    return int(row[0])


if __name__ == "__main__":
    main()
