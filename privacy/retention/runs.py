"""One run of one kind of work on one database up to one cut-off happens once: a unique row, and a lock beside
it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from paasoo_portal.core import clock
from privacy.retention.models import RetentionRun, RunState

ENFORCE, SWEEP, CARRY_OVER, ROWS, VERIFY = "enforce", "sweep", "carry_over", "rows", "verify"


def begin(database: str, kind: str, cutoff_on: date) -> tuple[RetentionRun, bool]:
    """The run, and whether it was there before (a crash left it started, or it is done)."""
    key = {"database": database, "kind": kind, "cutoff_on": cutoff_on}
    found = RetentionRun.objects.filter(**key).first()
    if found is not None:
        return found, True
    try:
        with transaction.atomic():
            return RetentionRun.objects.create(**key, started_at=clock.now()), False
    except IntegrityError:
        return RetentionRun.objects.get(**key), True


def note(run: RetentionRun, **counts: Any) -> None:
    """Keep where the run stands, for whoever resumes it."""
    run.counts = {**run.counts, **counts}
    run.save(update_fields=["counts"])


def finish(run: RetentionRun, **counts: Any) -> None:
    run.counts = {**run.counts, **counts}
    run.state, run.finished_at = RunState.DONE, clock.now()
    run.save(update_fields=["counts", "state", "finished_at"])


def is_done(run: RetentionRun) -> bool:
    return run.state == RunState.DONE


def counts_of(database: str, kind: str, cutoff_on: date) -> dict[str, Any]:
    """What a finished run noted; nothing if there is none."""
    found = RetentionRun.objects.filter(
        database=database, kind=kind, cutoff_on=cutoff_on, state=RunState.DONE
    ).first()
    return {} if found is None else dict(found.counts)


def days_done(database: str, kind: str, days: Iterable[date]) -> set[date]:
    """Those of the days for which the work is done."""
    found = RetentionRun.objects.filter(
        database=database, kind=kind, cutoff_on__in=list(days), state=RunState.DONE
    )
    return set(found.values_list("cutoff_on", flat=True))


def last_done(database: str, kind: str) -> RetentionRun | None:
    return (
        RetentionRun.objects.filter(database=database, kind=kind, state=RunState.DONE)
        .order_by("-cutoff_on")
        .first()
    )


def last_done_by_kind(database: str) -> dict[str, RetentionRun]:
    """The last finished run of each kind, by one query."""
    done = RetentionRun.objects.filter(database=database, state=RunState.DONE)
    return {run.kind: run for run in done.order_by("kind", "-cutoff_on").distinct("kind")}


def last_done_everywhere(kind: str) -> dict[str, date]:
    """The newest cut-off that is done in each database, by one query."""
    done = RetentionRun.objects.filter(kind=kind, state=RunState.DONE)
    return dict(done.values_list("database").annotate(newest=Max("cutoff_on")))
