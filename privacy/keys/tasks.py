"""Beat's carry-over: every database once a day. Arguments are database and day alone."""

from __future__ import annotations

import logging
from datetime import date

from celery import shared_task

from paasoo_portal.core import clock, regions
from privacy.errors import PrivacyError
from privacy.keys import nightly
from privacy.keys.locks import Busy
from privacy.keys.snapshots import take
from privacy.retention.tasks import fan_out

log = logging.getLogger(__name__)


@shared_task(name="privacy.carry_over_nightly")
def carry_over_nightly() -> None:
    """Hourly: a database that was carried over today has nothing left to do."""
    fan_out("privacy.carry_over_run")


@shared_task(name="privacy.carry_over_run")
def carry_over_run(database: str, day: str) -> None:
    """Carry one database over, once a day. Re-checks everything; may be sent any number of times."""
    if database not in regions.aliases() or date.fromisoformat(day) != clock.today():
        log.error("carry-over refused", extra={"database": database, "day": day})
        return
    try:
        nightly.run(database, date.fromisoformat(day))
    except Busy:
        log.info("carry-over left to another process", extra={"database": database})
    except PrivacyError as error:
        log.error("carry-over stopped", extra={"database": database, "because": error.log})


@shared_task(name="privacy.key_snapshots")
def key_snapshots() -> None:
    """Hourly; and one follows each carry-over by itself."""
    fan_out("privacy.key_snapshot")


@shared_task(name="privacy.key_snapshot")
def key_snapshot(database: str, day: str) -> None:
    """Snapshot one database. May be sent any number of times."""
    if database not in regions.aliases():
        log.error("key snapshot refused", extra={"database": database})
        return
    try:
        take.take(database)
    except Busy:
        log.info("key snapshot left to the next hour", extra={"database": database})
    except PrivacyError as error:
        log.error("no key snapshot was taken", extra={"database": database, "because": error.log})
