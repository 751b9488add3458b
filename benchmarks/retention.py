"""Making the content of an account's days unreadable, against DELETE and VACUUM of the same rows; and how flat that is. Then sweeping
days away, messages with their steps, against DELETE.

The sizes are BENCH_MESSAGES (5,000,000) and, for how flat it is, a fiftieth.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from statistics import median
from typing import Any, Final

from benchmarks.figures import Figure, against, within
from benchmarks.stage import Stage, stage
from benchmarks.tools import ROOT

LARGE: Final = int(os.environ.get("BENCH_MESSAGES", "5000000"))
SMALL: Final = LARGE // 50
FASTER, FLAT_TIME, FLAT_WAL = 300, 1.3, 1.1
SWEEP_TIME, SWEEP_WAL = 5, 500
Say = Callable[[str], None]


def measure(say: Say) -> list[Figure]:
    """Shredding, its flatness, and the sweep. Times are medians of runs from the same state."""
    with stage() as where:
        say(f"writing {SMALL:,} messages")
        small = _child(where, "shred", str(SMALL))
        say(f"writing {LARGE:,} messages")
        large = _child(where, "shred", str(LARGE))
        say(f"settled apart in {small['settle_seconds']:.1f} s and {large['settle_seconds']:.1f} s")
        deleted = _child(where, "delete", large["account"])
        say(f"writing {LARGE:,} messages and their steps to sweep")
        swept = _child(where, "sweep", str(LARGE))
    statements = {cost["statements"] for cost in [*small["costs"], *large["costs"]]}
    if len(statements) != 1:
        raise RuntimeError(f"not the same statements whatever the size: {sorted(statements)}")
    say(f"{statements.pop()} statements at either size")
    return [*_shredding(small, large, deleted), *_sweeping(swept)]


def _shredding(small: dict[str, Any], large: dict[str, Any], deleted: dict[str, Any]) -> list[Figure]:
    few, many = _median(small, "seconds") * 1000, _median(large, "seconds") * 1000
    by_rows = (deleted["delete"]["seconds"] + deleted["vacuum"]["seconds"]) * 1000
    return [
        against("retention.shred.vs_delete", by_rows, "ms", "shredding instead", many, FASTER),
        within("retention.shred.flatness", many, "ms", f"{SMALL:,} messages", few, FLAT_TIME),
        within(
            "retention.shred.flatness.wal",
            _median(large, "wal_bytes"),
            "bytes",
            f"{SMALL:,} messages",
            _median(small, "wal_bytes"),
            FLAT_WAL,
        ),
    ]


def _sweeping(swept: dict[str, Any]) -> list[Figure]:
    row, drop = swept["delete"], swept["sweep"]
    return [
        against(
            "retention.sweep.vs_delete",
            row["seconds"] * 1000,
            "ms",
            "sweep instead",
            drop["seconds"] * 1000,
            SWEEP_TIME,
        ),
        against(
            "retention.sweep.vs_delete.wal",
            row["wal_bytes"],
            "bytes",
            "sweep instead",
            drop["wal_bytes"],
            SWEEP_WAL,
        ),
    ]


def _median(found: dict[str, Any], name: str) -> float:
    return median(cost[name] for cost in found["costs"])


def _child(where: Stage, *what: str) -> Any:
    environment = {**os.environ, **where.environment, "PAASOO_ROLE": "worker", "LOG_LEVEL": "ERROR"}
    command = [sys.executable, "-m", "benchmarks.shred", *what]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)
