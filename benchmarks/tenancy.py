"""What scope and policies cost a page: the message log as it is, against the same page without any wall."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from statistics import median
from typing import Final

from benchmarks.figures import Figure, within
from benchmarks.stage import Stage, stage
from benchmarks.tools import ROOT

RUNS: Final = int(os.environ.get("BENCH_RUNS", "5"))
MOST: Final = 1.15
Say = Callable[[str], None]


def measure(say: Say) -> list[Figure]:
    """The one figure: medians of interleaved runs, each in a process of its own."""
    with stage() as where:
        _child(where, "seed")
        medians: dict[str, list[float]] = {"scoped": [], "unscoped": []}
        for number in range(RUNS):
            for name, found in medians.items():
                found.append(median(json.loads(_child(where, name))))
                say(f"run {number + 1} of {RUNS}: {name}: {found[-1]:.2f} ms a page")
    scoped, unscoped = (median(medians[name]) for name in ("scoped", "unscoped"))
    return [within("tenancy.page.vs_unscoped", scoped, "ms", "without scope and policies", unscoped, MOST)]


def _child(where: Stage, what: str) -> str:
    environment = {**os.environ, **where.environment, "LOG_LEVEL": "ERROR", "MFA_REQUIRED": "False"}
    command = [sys.executable, "-m", "benchmarks.log_page", what]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout
