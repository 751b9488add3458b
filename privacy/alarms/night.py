"""The hours by which a night's work must be done, and what is late. Any role may ask: the web process does, for /readyz.

So the dead-man's switch hangs on no beat: a beat that is dead begins no task, but whoever watches /readyz or runs
`retention alarms` learns of it. Keeps P-RET-2, P-RET-7.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import DatabaseError

from paasoo_portal.core import clock, heartbeat, regions
from privacy.alarms.finding import Finding
from privacy.alarms.models import Kind, Severity
from privacy.keys import epochs
from privacy.retention import runs

CONTROL: Final = "default"
# So late, and it is no longer a night that takes longer.
CRITICAL_AFTER: Final = timedelta(hours=24)
# The round of alarms goes every five minutes; so long without one, and nobody watches.
ROUND_STALE_AFTER: Final = timedelta(minutes=20)
ROUND: Final = "alarms"


@dataclass(frozen=True)
class Part:
    """A part of the night: done for a day's cut-off by this hour of that day (UTC)."""

    kind: Kind
    run: str
    by: timedelta
    control: bool = False


# The first tries begin at 00:10, 00:20, 01:10 and 02:30, and are repeated each hour.
PARTS: Final = (
    Part(Kind.ENFORCEMENT, runs.ENFORCE, timedelta(hours=2)),
    Part(Kind.SWEEP, runs.SWEEP, timedelta(hours=2)),
    Part(Kind.ROWS, runs.ROWS, timedelta(hours=3), control=True),
    Part(Kind.CARRY_OVER, runs.CARRY_OVER, timedelta(hours=4)),
    Part(Kind.VERIFICATION, runs.VERIFY, timedelta(hours=5), control=True),
)


def late(alias: str) -> Iterator[Finding]:
    """What of the night is late in a database, the control plane included."""
    done = {kind: run.cutoff_on for kind, run in runs.last_done_by_kind(alias).items()}
    wanted = [part for part in PARTS if part.control or alias != CONTROL]
    born = None if all(part.run in done for part in wanted) else born_on(alias)
    for part in wanted:
        last = done.get(part.run, born)
        if last is not None and (found := _late(part, alias, last)) is not None:
            yield found


def born_on(alias: str) -> date | None:
    """The day on which a database got its first epoch; the control plane, which has none, goes by the first region's."""
    at = epochs.first_opened_at(regions.aliases()[0] if alias == CONTROL else alias)
    return at.date() if at is not None else None


def due_since(part: Part, last: date) -> datetime:
    """When the first run after that of `last` should have been done."""
    return clock.midnight(last + timedelta(days=1)) + part.by


def done_on(day: date) -> bool:
    """Whether every part of the night is done for a day, everywhere."""
    for alias in (CONTROL, *regions.aliases()):
        done = runs.last_done_by_kind(alias)
        for part in PARTS:
            if part.control or alias != CONTROL:
                run = done.get(part.run)
                if run is None or run.cutoff_on < day:
                    return False
    return True


def probe() -> dict[str, object]:
    """Hook `retention.probe`: /readyz's part. Not well when an enforcement is late, or when nobody watches over the night."""
    done = runs.last_done_everywhere(runs.ENFORCE)
    behind = {}
    for alias in regions.aliases():
        last = done.get(alias) or _born(alias)
        found = _late(PARTS[0], alias, last) if last is not None else None
        if found is not None and found.since_at is not None:
            behind[alias] = round((clock.now() - found.since_at).total_seconds())
    watched_at = heartbeat.last(ROUND)
    watched = watched_at is None or clock.now() - watched_at < ROUND_STALE_AFTER
    answer: dict[str, object] = {"ok": not behind and watched}
    if behind:
        answer |= {"error": "late", "late_seconds": behind}
    if not watched:
        answer |= {"error": answer.get("error", "unwatched")}
    return answer


def _born(alias: str) -> date | None:
    """A region that does not answer is said to be down elsewhere."""
    try:
        return born_on(alias)
    except DatabaseError:
        return None


def _late(part: Part, alias: str, last: date) -> Finding | None:
    since = due_since(part, last)
    over = clock.now() - since
    if over < timedelta():
        return None
    grave = part.kind is Kind.ENFORCEMENT or over >= CRITICAL_AFTER
    return Finding(
        part.kind,
        alias,
        Severity.CRITICAL if grave else Severity.WARNING,
        since,
        {"last_on": last.isoformat()},
    )
