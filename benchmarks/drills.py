"""The drills at scale: BENCH_DRILL (1,000,000) messages planted, erased and looked for in every copy.

What they find wrong, beside how much was tried: the only fitting number is 0.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Final

from benchmarks.figures import Figure, within
from benchmarks.stage import Stage, stage
from benchmarks.tools import ROOT

MESSAGES: Final = int(os.environ.get("BENCH_DRILL", "1000000"))
DATABASE: Final = "sg"
_PRICES: Final = """
from datetime import date
from decimal import Decimal
from messaging.pricing.services import publish_prices
from messaging.projections.services import push_prices
publish_prices({("GB", ""): Decimal("0.035")}, effective_on=date(2024, 1, 1))
push_prices()
"""
Say = Callable[[str], None]


def measure(say: Say) -> list[Figure]:
    """`drill restore` and `drill canary`, each on services of its own."""
    with stage() as where:
        say(f"drill restore with {MESSAGES:,} messages")
        restored = _drill(where, "restore")
    say(f"{restored['seconds']:.0f} s: {restored['steps']}")
    with stage() as where:
        say(f"drill canary with {MESSAGES:,} messages")
        searched = _drill(where, "canary")
    say(f"{searched['seconds']:.0f} s")
    tried = sum(copy["values"] + copy["old_keys"] for copy in restored["copies"])
    wrong = [culprit for copy in restored["copies"] for culprit in copy["culprits"]]
    wrong += [check for check in [*restored["procedure"], *searched["checks"]] if not check["ok"]]
    for one in wrong[:20]:
        say(f"WRONG: {one}")
    found = sum(not check["ok"] for check in searched["checks"])
    return [
        within("drill.restore.wrong", len(wrong) - found, "findings", "values and keys tried", tried, 0),
        within("drill.canary.hits", found, "findings", "searches", len(searched["checks"]), 0),
    ]


def _drill(where: Stage, what: str) -> dict[str, Any]:
    environment = {**os.environ, **where.environment, "PAASOO_ROLE": "worker", "LOG_LEVEL": "ERROR"}
    # Some of the canary's messages are sent as a customer sends them, at a price.
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", _PRICES], cwd=ROOT, env=environment, check=True
    )
    command = [sys.executable, "manage.py", "drill", what, "--database", DATABASE, "--json"]
    done = subprocess.run(
        [*command, "--messages", str(MESSAGES)],
        cwd=ROOT, env=environment, check=False, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    if not done.stdout:
        raise RuntimeError(f"drill {what} did not end: {done.returncode}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
