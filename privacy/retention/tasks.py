"""Beat's retention: plan, settle, enforce, sweep, verify. Arguments are database and day alone. What is late, the alarms tell."""

from __future__ import annotations

import logging
from datetime import date, timedelta

from celery import current_app, shared_task
from django.conf import settings

from paasoo_portal.core import clock, regions
from paasoo_portal.core.tenancy import system_scope
from privacy.errors import PrivacyError
from privacy.keys.locks import Busy
from privacy.retention import enforce, instructions, nightly, publishing, rows, runs

log = logging.getLogger(__name__)


def queue_of(alias: str) -> str:
    """The queue of the first region that lives in the database."""
    return next(f"region.{region.code}" for region in settings.REGIONS.values() if region.alias == alias)


def fan_out(task: str) -> None:
    """Send a task for every regional database; the cut-off, a UTC midnight, is fixed here in its arguments."""
    day = clock.today().isoformat()
    for alias in regions.aliases():
        current_app.send_task(task, args=[alias, day], queue=queue_of(alias))


@shared_task(name="privacy.retention_nightly")
def retention_nightly() -> None:
    """Hourly: a database whose run of today is done has nothing left to do."""
    with system_scope("retention_project"):
        now = clock.now()
        changed = instructions.effective_between(now - timedelta(hours=25), now)
    for account_id in changed:
        instructions.announce(account_id)
    publishing.put_in_force()
    fan_out("privacy.retention_run")


@shared_task(name="privacy.retention_run")
def retention_run(database: str, cutoff_on: str) -> None:
    """Enforce one database up to a UTC midnight. Re-checks everything; may be sent any number of times."""
    day = date.fromisoformat(cutoff_on)
    if database not in regions.aliases() or day > clock.today():
        log.error("retention run refused", extra={"database": database, "cutoff_on": cutoff_on})
        return
    sweep = runs.last_done(database, runs.SWEEP)
    if sweep is not None and sweep.cutoff_on >= day:
        return
    try:
        nightly.run(database, day)
    except Busy:
        log.info("retention run left to another process", extra={"database": database})
    except PrivacyError as error:
        # Stops and asks: the alarm rings, and the next hour tries again.
        log.error("retention stopped", extra={"database": database, "because": error.log})


@shared_task(name="privacy.rows_nightly")
def rows_nightly() -> None:
    """Hourly: the night's rows where they were not looked through, and what is kept two days at most."""
    day = clock.today().isoformat()
    for alias in ("default", *regions.aliases()):
        _send_rows(alias, day)


def _send_rows(alias: str, day: str) -> None:
    queue = "control" if alias == "default" else queue_of(alias)
    current_app.send_task("privacy.rows_run", args=[alias, day], queue=queue)


@shared_task(name="privacy.rows_run")
def rows_run(database: str, cutoff_on: str) -> None:
    """Let one database's rows go that are over; asks to be called again while there are more."""
    day = date.fromisoformat(cutoff_on)
    if database not in {"default", *regions.aliases()} or day > clock.today():
        log.error("rows run refused", extra={"database": database, "cutoff_on": cutoff_on})
        return
    try:
        done = rows.run(database, day)
    except rows.RowsBusy:
        log.info("rows left to another process", extra={"database": database})
    except PrivacyError as error:
        log.error("rows stopped", extra={"database": database, "because": error.log})
    else:
        if done.left:
            _send_rows(database, cutoff_on)


@shared_task(name="privacy.verify_nightly")
def verify_nightly() -> None:
    """Hourly after the night's first try: what was checked today and found whole is not checked again."""
    day = clock.today().isoformat()
    current_app.send_task("privacy.verify_run", args=["default", day], queue="control")
    fan_out("privacy.verify_run")


@shared_task(name="privacy.verify_run")
def verify_run(database: str, day: str) -> None:
    """Check one database. May be sent any number of times."""
    if database not in {"default", *regions.aliases()} or date.fromisoformat(day) != clock.today():
        log.error("check refused", extra={"database": database, "day": day})
        return
    try:
        nightly.check(database, date.fromisoformat(day))
    except PrivacyError as error:
        log.error("check stopped", extra={"database": database, "because": error.log})


@shared_task(name="privacy.hold_released")
def hold_released(database: str, hold_id: str) -> None:
    """Go on at once with the erasure that a hold stopped. May be sent any number of times: the night does the same."""
    if database not in regions.aliases():
        log.error("release of a hold refused", extra={"database": database, "hold": hold_id})
        return
    try:
        enforce.enforce(database, clock.today())
    except PrivacyError as error:
        log.error("release of a hold left to the night", extra={"database": database, "because": error.log})
        return
    nightly.after_holds(database)
