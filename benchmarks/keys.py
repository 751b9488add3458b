"""What the engine's keys cost: carrying them over, searching by them, and sealing when a message is accepted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from statistics import median
from typing import Any, Final

from benchmarks import ingest
from benchmarks.figures import Figure, within
from benchmarks.stage import Stage, stage
from benchmarks.tools import ROOT
from paasoo_portal.supervisor.plan import WEB_WORKERS

KEYS: Final = int(os.environ.get("BENCH_KEYS", "1000000"))
MESSAGES: Final = int(os.environ.get("BENCH_MESSAGES", "5000000"))
CARRY_MOST, SEARCH_MOST, SEAL_MOST = 8, 5, 0.05
Say = Callable[[str], None]


def measure(say: Say) -> list[Figure]:
    """Raises ToolMissing where the load generator is not installed."""
    with stage() as where:
        say(f"carrying {KEYS:,} keys over")
        carried = _child(where, "carry", str(KEYS))
        say(f"its memory grew by {carried['grown_mb']} MB")
    with stage() as where:
        say(f"writing {MESSAGES:,} messages to search, twice")
        found = _child(where, "search", str(MESSAGES))
        say(f"a page of a number that has {found['of']} messages")
    with stage() as where:
        sealed = _child(where, "seal")["seconds"]
        accepted = _accepting(where, say)
    return [
        within(
            "keys.carry_over.vs_copy",
            carried["carried"] * 1000,
            "ms",
            "INSERT … SELECT of the same rows",
            carried["copied"] * 1000,
            CARRY_MOST,
        ),
        within(
            "search.number.vs_clear",
            found["sealed"] * 1000,
            "ms",
            "clear numbers",
            found["clear"] * 1000,
            SEARCH_MOST,
        ),
        within(
            "seal.share_of_accept", sealed * 1e6, "µs", "accepting it at the door", accepted * 1e6, SEAL_MOST
        ),
    ]


def _accepting(where: Stage, say: Say) -> float:
    """Seconds of one web process that a message takes when the door is fully loaded: there sealing weighs most."""
    [door, *_] = ingest.contenders(where)
    rates = []
    for number in range(ingest.RUNS):
        load = ingest.run(where, door)
        rates.append(load.per_second)
        say(f"run {number + 1} of {ingest.RUNS}: the door: {load.per_second:,.0f}/s")
    return WEB_WORKERS / median(rates)


def _child(where: Stage, *what: str) -> Any:
    environment = {**os.environ, **where.environment, "PAASOO_ROLE": "worker", "LOG_LEVEL": "ERROR"}
    command = [sys.executable, "-m", "benchmarks.engine", *what]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)
