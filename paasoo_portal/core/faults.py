"""Named crash points: a fault-injection run makes a process die exactly there, as `kill -9` would.

PAASOO_FAULTS="door.after_commit:0.01,dispatch.after_submit:1" gives each point its probability. Without the
variable a point costs one look-up in an empty dict.
"""

from __future__ import annotations

import os
import random

_KILLED = 137


def _read() -> dict[str, float]:
    pairs = (part.split(":") for part in os.environ.get("PAASOO_FAULTS", "").split(",") if part)
    return {name.strip(): float(probability) for name, probability in pairs}


_points = _read()


def fault(name: str) -> None:
    """Die here, without any clean-up, with the probability that the environment gives this point."""
    probability = _points.get(name)
    if probability is not None and random.random() < probability:
        os._exit(_KILLED)
