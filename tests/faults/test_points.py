"""Every crash point of the code is one at which the loop kills."""

from __future__ import annotations

import re
from pathlib import Path

from tests.faults import lanes

ROOT = Path(__file__).resolve().parent.parent.parent
# Met only while a database gets its first epoch, while something is preserved or sealed anew, between batches of old
# rows, when an alarm rings, or while an account is given back what is its own: tests/privacy and tests/accounts/closure
# stop there by themselves.
ELSEWHERE = {
    "alarms.told",
    "closure.asked",
    "closure.begun",
    "closure.stopped",
    "closure.told",
    "epochs.bootstrap",
    "enforce.preserved",
    "export.sealed",
    "preservation.batch",
    "preservation.buried",
    "preservation.certified",
    "preservation.emptied",
    "renewal.batch",
    "renewal.buried",
    "reseal.certified",
    "rows.batch",
}


def test_every_point_of_the_code_has_its_lane() -> None:
    in_code = {
        point
        for folder in ("paasoo_portal", "privacy", "accounts", "messaging")
        for path in (ROOT / folder).rglob("*.py")
        for point in re.findall(r'\bfault\(\s*"([a-z_.]+)"', path.read_text())
    }
    in_lanes = {point for points in lanes.POINTS.values() for point in points}
    assert in_code - ELSEWHERE == in_lanes
