"""The loop: rounds of everybody at work at once, each dying again and again, then a look at what is left.

Within a round every lane has a child at work; one that dies is followed by the next until the lane's deaths are used
up, and the last one has no fault and must finish. Between rounds nobody works, time passes, and leases of the dead run
out (they are PostgreSQL's time, which does not travel).
"""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
from django.db import connections

from messaging.messages.states import FINAL, State
from paasoo_portal.core import clock, regions
from tests.faults import invariants, lanes
from tests.faults.invariants import Memory, check_invariants
from tests.faults.nursery import Nursery
from tests.faults.world import World

KILLED = {137, -signal.SIGALRM}
# In a day: the night's work, and what is accepted just before the next midnight and still under way then.
NIGHT, EVENING, DAY = timedelta(minutes=12), timedelta(hours=23, minutes=50), timedelta(days=1)
MOST_TRIES = 12
REQUESTS = 14
_QUIET = "SELECT count(*) FROM pg_stat_activity WHERE datname LIKE %s AND usename <> %s AND backend_type = 'client backend'"


@dataclass
class Lane:
    """One lane in one round."""

    name: str
    given: Callable[[], dict[str, Any]]
    deaths_wanted: int
    deaths: int = 0
    tries: int = 0
    last: bool = False


@dataclass
class Loop:
    """One run of the loop; what it needs and what it has done."""

    world: World
    nursery: Nursery
    chance: random.Random
    superuser: psycopg.Connection[Any]
    prefix: str
    deaths: Counter[str] = field(default_factory=Counter)
    memory: Memory = field(default_factory=Memory)
    turn: int = 0

    @property
    def crashes(self) -> int:
        return sum(self.deaths.values())

    # --- A round -----------------------------------------------------------------------------------------------

    def round(self, at: timedelta, *, faults: bool = True) -> None:
        """Everybody at work once, at an instant of the children's time."""
        self._travel(at)
        self.turn += 1
        self.world.pay(self.turn)
        working = dict(self._begin(lane) for lane in self._lanes(at, faults=faults))
        while working:
            number, code = self.nursery.ended()
            lane = working.pop(number)
            if self._ended(lane, code):
                working.update([self._begin(lane)])
        self._rest()
        check_invariants(self.world, self.memory)

    def _lanes(self, at: timedelta, *, faults: bool) -> list[Lane]:
        def some() -> int:
            return self.chance.randint(0, 2) if faults else 0

        def asking() -> dict[str, Any]:
            return {"requests": [one.as_given() for one in self.world.ask(self.chance.randint(4, REQUESTS))]}

        accounts = {"accounts": [str(one.account_id) for one in self.world.customers]}
        found = [Lane(name, asking, some()) for name in (("door", "door", "portal") if faults else ())]
        found += [
            Lane("dispatch", dict, some()), Lane("dispatch", dict, some()), Lane("receipts", dict, some()),
            Lane("push", dict, some()), Lane("money", lambda: accounts, some()),
        ]  # fmt: skip
        if at % DAY == NIGHT:
            for alias in regions.aliases():
                deaths = self.chance.randint(2, 4) if faults else 0
                found.append(Lane("night", lambda alias=alias: {"alias": alias}, deaths))
        return found

    def _begin(self, lane: Lane) -> tuple[int, Lane]:
        lane.tries += 1
        lane.last = lane.deaths >= lane.deaths_wanted or lane.tries > MOST_TRIES
        points, fuse = ("", 0.0) if lane.last else self._fault(lane.name)
        seed = self.chance.getrandbits(32)
        return self.nursery.start(lane.name, seed=seed, points=points, fuse=fuse, **lane.given()), lane

    def _fault(self, name: str) -> tuple[str, float]:
        """How the next child is to die: at a named point, or at any moment."""
        if self.chance.random() < 0.3:
            return "", self.chance.uniform(0.02, 0.5)
        probability = self.chance.choice([1, 0.5, 0.2])
        # Those met least often first: a night comes once a day, and its first point would hide all others.
        met = self.nursery.died_at()
        rare = sorted(lanes.POINTS[name], key=lambda point: (met[point], self.chance.random()))
        return ",".join(f"{point}:{probability}" for point in rare[: self.chance.randint(1, 2)]), 0.0

    def _ended(self, lane: Lane, code: int) -> bool:
        """Whether another child of the lane follows."""
        assert code in {0, *KILLED}, f"a child of {lane.name} ended with {code}:\n{self.nursery.words()}"
        if code:
            lane.deaths += 1
            self.deaths[lane.name] += 1
        assert not (code and lane.last), f"{lane.name} died without a fault"
        return not lane.last

    # --- Between rounds ----------------------------------------------------------------------------------------

    def _rest(self) -> None:
        """Until the backends of the dead are gone; then their leases have run out."""
        self.world.hear()
        until = time.monotonic() + 30
        while self._others():
            assert time.monotonic() < until, "a backend outlives its client"
            time.sleep(0.02)
        for alias in regions.aliases():
            name = connections[alias].settings_dict["NAME"]
            with psycopg.connect(self.superuser.info.dsn, dbname=name, autocommit=True) as connection:
                for table in ("messaging_message", "messaging_deliverypush"):
                    connection.execute(
                        f"UPDATE {table} SET leased_until = now() - interval '1 second' "
                        "WHERE leased_until IS NOT NULL"
                    )

    def _others(self) -> int:
        connections.close_all()
        row = self.superuser.execute(_QUIET, [f"{self.prefix}%", "postgres"]).fetchone()
        assert row is not None
        return int(row[0])

    def _travel(self, at: timedelta) -> None:
        """The children's clock and ours: `at` after the first midnight."""
        self.nursery.set_clock((self.midnight + at - clock.now() + clock.file_offset()).total_seconds())
        assert abs(clock.now() - self.midnight - at) < timedelta(minutes=1)

    def __post_init__(self) -> None:
        self.midnight = clock.midnight(clock.today() + timedelta(days=1))

    # --- The end -----------------------------------------------------------------------------------------------

    def finish(self, at: timedelta) -> timedelta:
        """No fault any more: all that was accepted has its end, exactly once, and in time nothing is left."""
        for _ in range(8):
            at += timedelta(minutes=20)
            self.round(at, faults=False)
            left = list(self._waiting())
            if not left:
                break
        assert not left, left
        return at

    def _waiting(self) -> Iterator[str]:
        """What has no end yet, but for messages of which the carrier will never tell."""
        for alias in regions.aliases():
            silent = invariants.silent(alias)
            for row in invariants.rows_of(alias):
                if row.state not in FINAL and row.id not in silent:
                    yield f"{alias}: {row.sender} is {State(row.state).name}"
