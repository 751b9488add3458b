"""One part of the engine's benchmarks in a process of its own, as the worker: `python -m benchmarks.engine PART [SIZE]`.

`carry KEYS` carries that many living data keys over, and copies the same rows plainly; `search MESSAGES` looks a number
up over ninety days, sealed and clear; `seal` seals messages as accepting does. Each prints what it measured as JSON.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from datetime import timedelta
from statistics import median
from typing import Any, Final
from uuid import UUID

import django

from benchmarks.shred import ALIAS, RUNS, past, superuser

PAGE: Final = 50
SEARCH_DAYS: Final = 90
_COPY: Final = "INSERT INTO bench_copy SELECT * FROM {}"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paasoo_portal.settings")
    django.setup()
    part, *rest = sys.argv[1:]
    print(json.dumps({"carry": carry, "search": search, "seal": seal}[part](*rest), default=str))


def carry(size: str) -> dict[str, Any]:
    """A whole carry-over, census and destruction included; against INSERT … SELECT of the same rows."""
    from privacy.keys import carry_over

    with superuser() as connection:
        _make_keys(connection, int(size))
        before = _memory()
        began = time.perf_counter()
        done = carry_over.carry_over(ALIAS)
        carried = time.perf_counter() - began
        grown = _memory() - before
        if done.census < int(size):
            raise SystemExit(f"only {done.census} keys were carried over")
        table = f"privacy_datakey_epoch_{done.epoch}"
        connection.execute(f"CREATE TABLE bench_copy (LIKE {table} INCLUDING ALL)")
        connection.execute("CHECKPOINT")
        began = time.perf_counter()
        connection.execute(_COPY.format(table))
        copied = time.perf_counter() - began
    return {"carried": carried, "copied": copied, "grown_mb": grown}


def _make_keys(connection: Any, count: int) -> None:
    """Living keys of as many accounts and days, each truly wrapped; written in bulk."""
    from uuid import uuid4

    from paasoo_portal.core import clock
    from paasoo_portal.core.ids import uuid7
    from privacy.keys import store
    from privacy.keys.vault import vault

    epoch = connection.execute("SELECT max(number) FROM privacy_epoch").fetchone()[0]
    days, account = past(0, 60), uuid4()
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY privacy_datakey ({store.COLUMNS}, created_at) FROM STDIN") as copy,
    ):
        for number in range(count):
            if number % 60 == 0:
                account = uuid4()
            day = days[number % 60]
            row = store.KeyRow(epoch, uuid7(), account, 1, day, day + timedelta(days=90), 0, b"")
            wrapped = vault().wrap(ALIAS, epoch, os.urandom(32), row.context(ALIAS))
            copy.write_row([*row[:-1], wrapped, clock.now()])
    connection.execute("ANALYZE privacy_datakey")


def search(size: str) -> dict[str, Any]:
    """The page of a number's messages as the product finds it; the same on a clear column with the same index."""
    from benchmarks.fill import NUMBER, SAMPLES, fill
    from messaging.erasure import end_users
    from messaging.messages.models import Message
    from paasoo_portal.core import clock
    from paasoo_portal.core.ids import uuid7
    from paasoo_portal.core.tenancy import scope

    account, days = uuid7(), past(0, SEARCH_DAYS)
    with superuser() as connection:
        fill(connection, ALIAS, account, days, int(size))
        _clear_table(connection, account, NUMBER)
    sealed, clear = [], []
    for run in range(RUNS * 20 + 5):
        began = time.perf_counter()
        with scope(account, using=(ALIAS,)):
            found = end_users.messages_of(ALIAS, account, NUMBER, days[0], clock.today(), limit=5000)[-PAGE:]
            rows = list(
                Message.objects.using(ALIAS).filter(pk__in=found, pk__gte=found[0], pk__lte=found[-1])
            )
        taken = time.perf_counter() - began
        if len(rows) != PAGE:
            raise SystemExit(f"a page of {len(rows)}")
        began = time.perf_counter()
        count = _search_clear(account, NUMBER)
        if run >= 5:
            sealed.append(taken)
            clear.append(time.perf_counter() - began)
        if count != PAGE:
            raise SystemExit(f"a clear page of {count}")
    return {"sealed": median(sealed), "clear": median(clear), "of": SAMPLES * SEARCH_DAYS}


def _clear_table(connection: Any, account: UUID, number: str) -> None:
    """The same rows with the number in clear, partitioned and indexed as the sealed ones, under the same policy."""
    connection.execute(
        "CREATE TABLE bench_clear (LIKE messaging_message INCLUDING DEFAULTS, number text) PARTITION BY RANGE (id)"
    )
    connection.execute("ALTER TABLE bench_clear ADD PRIMARY KEY (account_id, id)")
    connection.execute("CREATE INDEX ON bench_clear (account_id, number)")
    from paasoo_portal.core.ids import uuid7_floor

    for day in past(0, SEARCH_DAYS):
        low, high = uuid7_floor(day), uuid7_floor(day + timedelta(days=1))
        connection.execute(
            f"CREATE TABLE bench_clear_{day:%Y%m%d} PARTITION OF bench_clear FOR VALUES FROM ('{low}') TO ('{high}')"
        )
    connection.execute(
        "INSERT INTO bench_clear SELECT m.*, CASE WHEN m.sent_at IS NULL THEN %s "
        "ELSE '4477' || (10000000 + (hashtext(m.id::text) & 8388607)) END "
        "FROM messaging_message m WHERE account_id = %s",
        [number, account],
    )
    connection.execute("ANALYZE bench_clear")
    connection.execute("ALTER TABLE bench_clear ENABLE ROW LEVEL SECURITY")
    connection.execute("ALTER TABLE bench_clear FORCE ROW LEVEL SECURITY")
    connection.execute(
        "CREATE POLICY account ON bench_clear USING "
        "(account_id = (SELECT NULLIF(current_setting('paasoo.account', true), '')::uuid))"
    )
    connection.execute("GRANT SELECT ON bench_clear TO paasoo_worker, paasoo_app")


def _search_clear(account: UUID, number: str) -> int:
    """Through Django's model of the same columns, in the same scope."""
    from django.db import connections

    from messaging.messages.models import Message
    from paasoo_portal.core.ids import uuid7_floor
    from paasoo_portal.core.tenancy import scope

    days = past(0, SEARCH_DAYS)
    with scope(account, using=(ALIAS,)), connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT id FROM bench_clear WHERE account_id = %s AND number = %s AND id >= %s AND id < %s "
            "ORDER BY id DESC LIMIT %s",
            [account, number, uuid7_floor(days[0]), uuid7_floor(days[-1] + timedelta(days=1)), PAGE],
        )
        found = sorted(row[0] for row in cursor.fetchall())
        rows = Message.objects.using(ALIAS).filter(pk__in=found, pk__gte=found[0], pk__lte=found[-1])
        return len(list(rows))


def seal() -> dict[str, Any]:
    """What sealing takes of a message: text, number and search token."""
    from paasoo_portal.core import clock
    from paasoo_portal.core.ids import uuid7
    from paasoo_portal.core.tenancy import system_scope
    from privacy.keys import DataClass, for_sealing

    account, today, text = uuid7(), clock.today(), b"x" * 160
    with system_scope("benchmark", using=(ALIAS,)):
        content, number = (
            for_sealing(ALIAS, account, one, today, today + timedelta(days=30))
            for one in (DataClass.CONTENT, DataClass.NUMBER)
        )
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        for _ in range(10_000):
            row = uuid7()
            content.seal(text, table="messaging_message", column="content_sealed", row=row)
            number.seal(b"447700900123", table="messaging_message", column="number_sealed", row=row)
            number.token(b"447700900123")
        times.append((time.perf_counter() - began) / 10_000)
    return {"seconds": median(times)}


def _memory() -> int:
    """The process's largest size so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
