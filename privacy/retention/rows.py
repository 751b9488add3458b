"""The end of rows that are no traffic: what the catalogue says is over goes, a bounded batch at a time.

Borders of transactions: each batch is one, found and deleted in it, after the copies that holds ask for, with the same
condition again, so that a row whose moment moved meanwhile stays. A crash loses at most the batch at work, and the next
run goes on with what is left. Undone can be nothing, so the clocks are checked first, as before a key dies. Of a person
whom a legal hold covers a copy is made first, and the rows go on time, so that nothing that anybody sees differs; a hold
on an account covers its traffic, and none of these rows. Keeps P-RET-1, P-RET-3, P-RET-4, P-RET-9.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from paasoo_portal.core import clock, heartbeat, hooks
from paasoo_portal.core.faults import fault
from paasoo_portal.core.tenancy import system_scope
from privacy.errors import PrivacyError
from privacy.holds import locks, register
from privacy.preservation import people as preserving
from privacy.retention import clock_guard, ends, files, runs, trail
from privacy.retention.ends import Moment, RowEnd

log = logging.getLogger(__name__)

JOB: Final = "retention_rows"
# Measured: 1,000 rows take 60 ms; of people, on whom ten tables hang, 850 ms.
BATCH: Final = 1000
# A run gives way after so many rows, and asks to be called again.
MOST: Final = 200_000


class RowsBusy(PrivacyError):
    """Another process is at work on the same database's rows."""


@dataclass
class Outcome:
    """What a run did: how many rows went by model (or model.field), and whether more are left."""

    database: str
    cutoff_on: date
    counts: Counter[str] = field(default_factory=Counter)
    left: bool = False

    def as_dict(self) -> dict[str, Any]:
        return {
            "database": self.database,
            "cutoff_on": self.cutoff_on.isoformat(),
            "rows": dict(sorted(self.counts.items())),
            "left": self.left,
        }


def run(alias: str, cutoff_on: date, *, most: int = MOST, accept_clock: bool = False) -> Outcome:
    """Let every row go that is over at the UTC midnight of `cutoff_on`. Repeating it does nothing twice.

    Once the night's run is done, only what is kept two days at most is looked at. Raises ClockStepped, RowsBusy.
    """
    if accept_clock:
        clock_guard.accept()
    clock_guard.check(alias)
    clock_guard.accept()
    done = Outcome(alias, cutoff_on)
    with locks.rows(alias) as mine:
        if not mine:
            raise RowsBusy(f"rows of {alias} are being looked through")
        night, _ = runs.begin(alias, runs.ROWS, cutoff_on)
        at, copied = Moment(cutoff_on, clock.now()), set[UUID]()
        for end in ends.of_database(alias):
            if end.end.rule.exact or not runs.is_done(night):
                done.counts[end.label] += _let_go(alias, end, at, most - done.counts.total(), copied)
        if alias == "default" and not runs.is_done(night):
            if trail.over(at, 1):
                _copy(register.people(), copied)
            done.counts[trail.LABEL] += trail.let_go(at, most - done.counts.total())
            done.counts["files"] += files.let_go(at)
        done.counts += Counter()  # without the zeros
        done.left = done.counts.total() >= most
        counts = {name: night.counts.get(name, 0) + count for name, count in done.counts.items()}
        (runs.note if done.left or runs.is_done(night) else runs.finish)(night, **counts)
    if not done.left:
        heartbeat.beat(f"rows.{alias}")
    log.info("rows ended", extra={"database": alias, "cutoff_on": cutoff_on, "rows": done.counts.total()})
    return done


def plan(alias: str, cutoff_on: date) -> dict[str, int]:
    """How many rows a run would let go, by model. Needs the worker's role."""
    at = Moment(cutoff_on, clock.now())
    found: Counter[str] = Counter()
    with system_scope(JOB, using=("default", alias)):
        for end in ends.of_database(alias):
            found[end.label] += sum(len(batch) for batch in _batches(alias, end, at))
        if alias == "default":
            found[trail.LABEL] += trail.count(at, MOST)
            found["files"] += len(files.over(at))
    return dict(sorted((found + Counter()).items()))


def overdue(alias: str, at: Moment, most: int) -> list[dict[str, str]]:
    """Rows that should have gone, by model and id. Needs the worker's role, and a scope."""
    found: list[dict[str, str]] = []
    for end in ends.of_database(alias):
        for batch in _batches(alias, end, at):
            found += [_culprit(alias, end.label, str(pk)) for pk in batch[: most - len(found)]]
            if len(found) >= most:
                return found
    if alias == "default":
        chains = trail.over(at, most)
        found += [_culprit(alias, trail.LABEL, f"{chain} up to {last}") for chain, last in chains.items()]
        found += [_culprit(alias, "files", path.name) for path in files.over(at)]
    return found[:most]


def _let_go(alias: str, end: RowEnd, at: Moment, most: int, copied: set[UUID]) -> int:
    """How many went. Each person in `copied` has been copied in this run."""
    gone, after = 0, None
    while gone < most:
        with system_scope(JOB, using=dict.fromkeys(("default", alias))):
            page = _page(alias, end, at, after, min(BATCH, most - gone))
        _copy({one for _, *people in page for one in people if one is not None}, copied)
        with system_scope(JOB, using=dict.fromkeys(("default", alias))):
            gone += _end(alias, end, at, [row[0] for row in page])
        fault("rows.batch")
        if not page:
            break
        after = page[-1][0]
    return gone


def _copy(people: set[UUID], copied: set[UUID]) -> None:
    """What is held about those whom a hold covers. None is placed meanwhile: that waits for the run's lock."""
    for person_id in people & register.people() - copied:
        accounts = [known for found in hooks.call("person.accounts", person_id=person_id) for known in found]
        with transaction.atomic():
            preserving.before_erasure(person_id, accounts)
        copied.add(person_id)


def _end(alias: str, end: RowEnd, at: Moment, keys: list[Any]) -> int:
    rows = end.due(alias, at).filter(pk__in=keys)
    if end.column:
        return rows.update(**{end.column: end.blank})
    return rows.delete()[1].get(end.place.label, 0) if keys else 0


def _batches(alias: str, end: RowEnd, at: Moment) -> Iterator[list[Any]]:
    after = None
    while page := _page(alias, end, at, after, BATCH):
        yield [row[0] for row in page]
        after = page[-1][0]


def _page(alias: str, end: RowEnd, at: Moment, after: Any, most: int) -> list[tuple[Any, ...]]:
    """The next rows whose end has come: key, and the people they are about."""
    rows = end.due(alias, at)
    if after is not None:
        rows = rows.filter(pk__gt=after)
    return list(rows.order_by("pk").values_list("pk", *end.place.declaration.person)[:most])


def _culprit(alias: str, model: str, name: str) -> dict[str, str]:
    return {"kind": "row past its end", "database": alias, "model": model, "id": name}
