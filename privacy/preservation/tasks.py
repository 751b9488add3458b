"""Preserving beside the night: begin, copy and end in each region soon after it was decided. Arguments are names alone."""

from __future__ import annotations

import logging

from celery import shared_task

from paasoo_portal.core import hooks, regions
from privacy.cases import services as cases
from privacy.errors import PrivacyError
from privacy.holds import services as holds
from privacy.keys import locks
from privacy.preservation import services

log = logging.getLogger(__name__)
WAIT_SECONDS = 60.0


@shared_task(name="privacy.preserve")
def preserve(database: str) -> None:
    """Bring a region in line with the register, then copy what is covered. May be sent any number of times."""
    if database not in regions.aliases():
        log.error("preserving refused", extra={"database": database})
        return
    try:
        with locks.maintenance(database, wait_seconds=WAIT_SECONDS):
            services.reconcile(database)
            hooks.call("retention.preserve", alias=database, account_id=None)
    except PrivacyError as error:
        log.error("preserving left to the night", extra={"database": database, "because": error.log})


@shared_task(name="privacy.look_after_holds")
def look_after_holds() -> None:
    """Let unconfirmed holds lapse, and see that every region does what the register says."""
    holds.lapse()
    cases.forget_numbers()
    holds.send_to_regions("privacy.preserve")
