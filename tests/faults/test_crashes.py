"""Processes that die at random points in a loop of accept, dispatch, receipt, settle and carry-over break nothing.

`make test` runs a short form. PAASOO_CRASHES=500 asks for the long one, PAASOO_FAULT_SEED for another course of things
(what happens at the same time is the machine's choice all the same).
"""

from __future__ import annotations

import os
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from messaging.classic import ids
from messaging.messages.states import FINAL
from paasoo_portal import embedded
from paasoo_portal.core import partitions, regions
from tests.conftest import CLUSTER
from tests.faults import invariants, loop
from tests.faults.conftest import Pushes
from tests.faults.loop import DAY, Loop
from tests.faults.nursery import Nursery
from tests.faults.world import World

pytestmark = [pytest.mark.faults, pytest.mark.xdist_group("faults")]
CRASHES = int(os.environ.get("PAASOO_CRASHES", "20"))
SEED = int(os.environ.get("PAASOO_FAULT_SEED", "20240219"))


@pytest.mark.fresh
def test_crashes_break_no_invariant(
    worker: None, tmp_path: Path, pushes: Pushes, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.EPOCHS_KEPT = 1
    chance = random.Random(SEED)
    with (
        Nursery(tmp_path, EPOCHS_KEPT="1", LOG_LEVEL="WARNING") as nursery,
        embedded.Postgres(CLUSTER.paths).connect() as superuser,
    ):
        going = Loop(World(nursery.answers, pushes.url, chance), nursery, chance, superuser, CLUSTER.prefix)
        try:
            at = _crash_until_enough(going)
            at = going.finish(at)
            _everything_has_its_end(going, pushes)
            _in_time_nothing_is_left(going, at)
        except BaseException:
            print(
                f"PAASOO_FAULT_SEED={SEED}, after {going.crashes} crashes in {going.turn} rounds:",
                going.deaths,
            )
            print(nursery.died_at(), nursery.words(), sep="\n")
            raise
    _say(going, capsys)


def _say(going: Loop, capsys: pytest.CaptureFixture[str]) -> None:
    points = sum(going.nursery.died_at().values())
    with capsys.disabled():
        print(
            f" {going.crashes} crashes ({points} at named points) in {going.turn} rounds with "
            f"{len(going.world.requests)} requests ", end="",
        )  # fmt: skip


def _crash_until_enough(going: Loop) -> timedelta:
    """Two rounds a day, at night and in the evening."""
    day = 0
    while True:
        for hour in (loop.NIGHT, loop.EVENING):
            at = day * DAY + hour
            going.round(at)
            if going.crashes >= CRASHES and day >= 3:
                return at
        day += 1


def _everything_has_its_end(going: Loop, pushes: Pushes) -> None:
    """What the carrier says is what the row says (check_invariants), and the customer was told."""
    told_to = {going.world.customers[index].account_id for index in (0, 2)}
    for alias in regions.aliases():
        for row in invariants.rows_of(alias):
            if row.account_id in told_to and row.state in FINAL:
                assert ids.encode(row.id) in pushes.told, f"nobody was told of {row.sender}"


def _in_time_nothing_is_left(going: Loop, at: timedelta) -> None:
    """Five days on every key is gone, every day swept, and money and evidence still add up."""
    day = at // DAY
    for later in range(1, 6):
        going.round((day + later) * DAY + loop.NIGHT, faults=False)
    invariants.check_invariants(going.world, going.memory, settled=True)
    kept = max(customer.days[1] for customer in going.world.customers)
    for alias in regions.aliases():
        days = partitions.existing_days(alias, "messaging_message")
        assert min(days) >= going.midnight.date() + (day + 5 - kept) * DAY
