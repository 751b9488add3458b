"""The daily carry-over: once a day and database, whoever asks how often; with its audit entry and
certificates.
"""

from __future__ import annotations

import json
import logging
from datetime import date

from django.db import connections

from paasoo_portal.core import heartbeat
from paasoo_portal.core.audit import Event, record
from privacy.certificates import issue
from privacy.errors import PrivacyError
from privacy.keys import carry_over as carrying
from privacy.keys import guard, locks
from privacy.keys.carry_over import CarryOver
from privacy.keys.snapshots import take
from privacy.retention import clock_guard, runs

log = logging.getLogger(__name__)


def run(alias: str, day: date) -> CarryOver | None:
    """The carry-over of a day; None when it was done. A crashed one is finished, not repeated.

    Raises Busy, ClockStepped, VaultMismatch, VaultUnavailable, CensusFailed.
    """
    # The lock comes first: of two at once, the second reads the row as the first has left it.
    with locks.maintenance(alias):
        row, _ = runs.begin(alias, runs.CARRY_OVER, day)
        if runs.is_done(row):
            return None
        if "target" not in row.counts:
            runs.note(row, target=carrying.next_epoch(alias))
        done = once(alias, row.counts["target"])
        runs.finish(row, carried=done.carried, census=done.census, destroyed=done.destroyed)
    return done


def once(alias: str, target: int | None = None) -> CarryOver:
    """One carry-over now, recorded and certified; a drill may ask for as many as it needs."""
    clock_guard.check(alias)
    done = carrying.carry_over(alias, target)
    clock_guard.accept()
    _certify_destructions(alias)
    record(Event.KEYS_CARRIED_OVER, database=alias, epoch=done.epoch, census=done.census)
    heartbeat.beat(f"carry_over.{alias}")
    _snapshot(alias)
    return done


def _snapshot(alias: str) -> None:
    """The snapshot before is useless soon, so a new one follows at once; failing, it does not undo the carry-over."""
    try:
        take.take(alias)
    except PrivacyError as error:
        log.error("no key snapshot was taken", extra={"database": alias, "because": error.log})


def _certify_destructions(alias: str) -> None:
    """A certificate for every destroyed epoch that has none: also for one whose certificate a crash
    prevented.
    """
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT number, receipt::text FROM privacy_epoch WHERE state = %s ORDER BY number DESC LIMIT 30",
            [guard.DESTROYED],
        )
        destroyed = cursor.fetchall()
    for number, receipt in reversed(destroyed):
        if issue.destruction(alias, number, json.loads(receipt)) is not None:
            record(Event.KEYS_DESTROYED, database=alias, epoch=number)
