"""How many messages a second the classic `/json` takes, durable at the answer and with every rule applied.

Against plain Django (ORM save and Celery's delay), against one raw INSERT and a wake-up under Django, and against
a constant answer; all on the same machine, interleaved, medians. No dispatcher and no Celery worker run.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Final

from benchmarks.figures import Figure, against
from benchmarks.stage import Stage, stage
from benchmarks.tools import ROOT, Load, free_port, granian, serving, wrk
from paasoo_portal.supervisor.plan import WEB_WORKERS

RUNS: Final = int(os.environ.get("BENCH_RUNS", "5"))
SECONDS: Final = int(os.environ.get("BENCH_SECONDS", "5"))
_SCRIPT: Final = ROOT / "benchmarks" / "send.lua"
_COUNT: Final = "SELECT count(*) FROM {}"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Contender:
    """A server under load; `table` is where each answered message must be found."""

    name: str
    server: list[str]
    path: str
    port: int
    environment: dict[str, str]
    database: str = ""
    table: str = ""


def measure(say: Say) -> list[Figure]:
    """The three figures. Raises ToolMissing."""
    with stage() as where:
        servers = contenders(where)
        rates: dict[str, list[Load]] = {contender.name: [] for contender in servers}
        with _plain_database(where):
            for number in range(RUNS):
                for contender in servers:
                    load = run(where, contender)
                    rates[contender.name].append(load)
                    say(
                        f"run {number + 1} of {RUNS}: {contender.name}: {load.per_second:,.0f}/s, "
                        f"p50 {load.p50_ms:.1f} ms, p99 {load.p99_ms:.1f} ms"
                    )
    return _figures({name: median(load.per_second for load in loads) for name, loads in rates.items()})


def _figures(rate: dict[str, float]) -> list[Figure]:
    floors = [("plain_django", 4.0), ("raw_insert", 2.0), ("constant", None)]
    return [
        against(f"ingest.classic.vs_{floor}", rate["door"], "messages/s", floor, rate[floor], target)
        for floor, target in floors
    ]


def contenders(where: Stage) -> list[Contender]:
    ports = [free_port() for _ in range(4)]
    plain = {
        "BENCH_SOCKET_DIR": str(where.paths.socket_dir),
        "BENCH_VALKEY_SOCKET": str(where.paths.valkey_socket),
        "BENCH_KEY": where.key,
        "BENCH_SECRET_HASH": hashlib.sha256(where.secret.encode()).hexdigest(),
    }
    wsgi = "benchmarks.floors.plain_django.wsgi:application"
    four = ("--blocking-threads", "4")
    stored = ("paasoo_bench", "plain_django_message")
    if WEB_WORKERS != 2:
        raise RuntimeError("the floors run with two workers; so must the product")
    return [
        Contender(
            "door", granian("asgi", "paasoo_portal.asgi:application", ports[0]), "/json", ports[0],
            where.environment, "paasoo_sg", "messaging_message",
        ),
        Contender("plain_django", granian("wsgi", wsgi, ports[1], *four), "/orm", ports[1], plain, *stored),
        Contender("raw_insert", granian("wsgi", wsgi, ports[2], *four), "/raw", ports[2], plain, *stored),
        Contender("constant", granian("asgi", "benchmarks.floors.constant:application", ports[3]), "/", ports[3], {}),
    ]  # fmt: skip


def run(where: Stage, contender: Contender) -> Load:
    """Serve, warm up for a second, measure, and see that what was answered is stored."""
    url = f"http://127.0.0.1:{contender.port}{contender.path}"
    given = [where.key, where.secret]
    with serving(contender.server, contender.port, contender.environment):
        wrk(url, _SCRIPT, seconds=1, arguments=[*given, "1"])
        before = _stored(where, contender)
        load = wrk(url, _SCRIPT, seconds=SECONDS, arguments=[*given, "2"])
        stored = _stored(where, contender) - before
    if load.failed or (contender.table and stored < load.requests):
        raise RuntimeError(
            f"{contender.name}: {load.failed} failed, {load.requests} answered, {stored} stored: not a measurement"
        )
    return load


def _stored(where: Stage, contender: Contender) -> int:
    if not contender.table:
        return 0
    with where.connect(contender.database) as connection:
        row = connection.execute(_COUNT.format(contender.table)).fetchone()
    return int(str(row[0])) if row else 0


@contextmanager
def _plain_database(where: Stage) -> Iterator[None]:
    with where.connect("postgres") as connection:
        connection.execute("CREATE DATABASE paasoo_bench")
    settings = "benchmarks.floors.plain_django.settings"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "django",
            "migrate",
            "--run-syncdb",
            "--verbosity",
            "0",
            "--settings",
            settings,
        ],
        cwd=ROOT,
        env={**os.environ, "BENCH_SOCKET_DIR": str(where.paths.socket_dir)},
        check=True,
    )
    yield
