"""Everything that is looked at: one small function a condition, which says what is wrong in one database.

Each reads little, by index or from memory, so that the round costs the same whatever was sent. They need the worker's
role. What a condition raises is an alarm of its own (evaluate).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connections

from paasoo_portal.core import clock, heartbeat, hooks, partitions, regions
from paasoo_portal.core.tenancy import system_scope
from privacy import journal
from privacy.alarms import night
from privacy.alarms.finding import Finding
from privacy.alarms.models import Alarm, Kind, Severity
from privacy.alarms.night import CONTROL
from privacy.certificates.verify import verify_tail
from privacy.errors import PrivacyError
from privacy.journal.entries import INTENT
from privacy.keys import epochs, guard
from privacy.keys.snapshots import store as snapshots
from privacy.keys.snapshots.sealed import SnapshotMissing
from privacy.preservation import verify as preservation
from privacy.retention import clock_guard, runs
from privacy.retention.verify import expected_cutoff

# Settled each hour but one, ten minutes after the crash at the earliest.
UNDECIDED_AFTER: Final = timedelta(hours=3)
# Taken each hour but one, and after each carry-over.
SNAPSHOT_AFTER: Final = timedelta(hours=3)
# Sent at once, and every quarter of an hour.
PRESERVED_AFTER: Final = timedelta(hours=1)
SILENT_AFTER: Final = timedelta(minutes=5)
DAYS_AHEAD: Final = 7
CERTIFICATES: Final = 64


@dataclass(frozen=True)
class Condition:
    """What is asked of the control plane, of regions, or of both; and the alarms that only it can raise."""

    kinds: tuple[Kind, ...]
    check: Callable[[str], Iterable[Finding]]
    control: bool = False
    regional: bool = True
    # Whether its queries run in a transaction with a time limit: what may wait for a key service does not.
    bounded: bool = True

    def concerns(self, alias: str) -> bool:
        return self.control if alias == CONTROL else self.regional


def role(alias: str) -> Iterator[Finding]:
    """Who sees one account at a time would find nothing wrong with the others. Raises PermissionError."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, 'INSERT')", [Alarm._meta.db_table])
        if not cursor.fetchone()[0]:
            raise PermissionError("the conditions are asked by the worker's role: PAASOO_ROLE=worker")
    yield from ()


def evidence(alias: str) -> Iterator[Finding]:
    """Vault, database and journal tell one story."""
    try:
        journal.check(alias) if alias == CONTROL else guard.check(alias)
    except PrivacyError as error:
        yield Finding(
            Kind.GUARD, alias, Severity.CRITICAL, detail={"error": type(error).__name__}, problem=error.log
        )


def clocks(alias: str) -> Iterator[Finding]:
    try:
        clock_guard.check(alias)
    except clock_guard.ClockStepped as error:
        yield Finding(Kind.CLOCK, alias, Severity.CRITICAL, problem=error.log)


def culprits(alias: str) -> Iterator[Finding]:
    """What the last night's check has found."""
    last = runs.last_done(alias, runs.VERIFY)
    if last is not None and last.counts.get("culprits"):
        detail = {"n": last.counts["culprits"], "by_kind": last.counts.get("by_kind", {})}
        yield Finding(Kind.CULPRITS, alias, Severity.CRITICAL, last.finished_at, detail)


def certificates(alias: str) -> Iterator[Finding]:
    """The newest of the chain; each night's check goes through all of it."""
    found = verify_tail(CERTIFICATES)
    if not found.ok:
        detail = {"number": found.number}
        yield Finding(Kind.CERTIFICATES, alias, Severity.CRITICAL, detail=detail, problem=found.problem)


def resealing(alias: str) -> Iterator[Finding]:
    """Days of which single messages were erased, and whose former keys still live after the night."""
    waiting = hooks.call("retention.overdue", alias=alias, cutoff_on=expected_cutoff(alias))
    if count := sum(len(one) for one in waiting):
        yield Finding(Kind.RESEAL, alias, detail={"n": count})


def preserving(alias: str) -> Iterator[Finding]:
    """Holds and cases that a region does not know, or has not ended."""
    with system_scope("alarms", using=(CONTROL, alias)):
        waiting = preservation.overdue(alias, PRESERVED_AFTER)
    if waiting:
        yield Finding(
            Kind.PRESERVATION, alias, Severity.CRITICAL, min(waiting) + PRESERVED_AFTER, {"n": len(waiting)}
        )


def undecided(alias: str) -> Iterator[Finding]:
    """Erasures of which a crash left open whether they happened."""
    begun = undecided_since(alias)
    if begun and min(begun) < clock.now() - UNDECIDED_AFTER:
        yield Finding(Kind.JOURNAL, alias, Severity.CRITICAL, min(begun) + UNDECIDED_AFTER, {"n": len(begun)})


def undecided_since(alias: str) -> list[datetime]:
    known = journal.journal().state().of(alias)
    return [known.begun[number][0] for number, phase in known.phases.items() if phase == INTENT]


def days_ahead(alias: str) -> Iterator[Finding]:
    """A day without partitions refuses messages."""
    left = partitions.days_left(alias)
    if left < DAYS_AHEAD:
        grave = Severity.CRITICAL if left < 2 else Severity.WARNING
        yield Finding(Kind.PARTITIONS, alias, grave, detail={"days": left})


def snapshot(alias: str) -> Iterator[Finding]:
    """Without a fresh one a restored copy opens only what it can itself."""
    at = snapshot_at(alias)
    since = at or epochs.first_opened_at(alias)
    if since is not None and clock.now() - since > SNAPSHOT_AFTER:
        yield Finding(Kind.SNAPSHOT, alias, Severity.WARNING, since + SNAPSHOT_AFTER)


def snapshot_at(alias: str) -> datetime | None:
    try:
        return snapshots.taken_at(snapshots.newest(alias))
    except SnapshotMissing:
        return None


def beat(alias: str) -> Iterator[Finding]:
    yield from _silent(Kind.BEAT, "beat", alias, alias)


def dispatcher(alias: str) -> Iterator[Finding]:
    yield from _silent(Kind.DISPATCHER, f"dispatcher.{alias}", alias, alias)


def _silent(kind: Kind, name: str, alias: str, where: str) -> Iterator[Finding]:
    first = regions.aliases()[0] if alias == CONTROL else alias
    at = heartbeat.last(name, where) or epochs.first_opened_at(first)
    if at is not None and clock.now() - at > SILENT_AFTER:
        yield Finding(kind, alias, Severity.CRITICAL, at + SILENT_AFTER)


LATE: Final = tuple(part.kind for part in night.PARTS)
CONDITIONS: Final = (
    Condition((), role, control=True, regional=False),
    Condition((Kind.GUARD,), evidence, control=True, bounded=False),
    Condition((Kind.CLOCK,), clocks),
    Condition(LATE, night.late, control=True),
    Condition((Kind.CULPRITS,), culprits, control=True),
    Condition((Kind.CERTIFICATES,), certificates, control=True, regional=False, bounded=False),
    Condition((Kind.RESEAL,), resealing),
    Condition((Kind.PRESERVATION,), preserving),
    Condition((Kind.JOURNAL,), undecided, control=True),
    Condition((Kind.PARTITIONS,), days_ahead),
    Condition((Kind.SNAPSHOT,), snapshot),
    Condition((Kind.BEAT,), beat, control=True, regional=False),
    Condition((Kind.DISPATCHER,), dispatcher),
)
