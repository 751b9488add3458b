"""Beat's part in the alarms: the round, and the counting for the dashboard. Arguments are database and day alone."""

from __future__ import annotations

import logging

from celery import shared_task
from django.db import DatabaseError

from paasoo_portal.core import regions
from privacy.alarms import services, standing
from privacy.retention.tasks import fan_out

log = logging.getLogger(__name__)


@shared_task(name="privacy.alarms")
def alarms() -> None:
    """Every five minutes. May be sent any number of times."""
    try:
        if not services.go_round():
            log.info("the round of alarms is another's")
    except DatabaseError as error:
        # The control plane is down: /readyz tells, and the next round comes.
        log.error("the round of alarms failed", extra={"error": type(error).__name__})


@shared_task(name="privacy.count_standings")
def count_standings() -> None:
    """Each quarter of an hour."""
    fan_out("privacy.count_standing")


@shared_task(name="privacy.count_standing")
def count_standing(database: str, day: str) -> None:
    """Count one database. May be sent any number of times; the day is only the sender's."""
    if database not in regions.aliases():
        log.error("counting refused", extra={"database": database})
        return
    try:
        standing.count(database)
    except DatabaseError as error:
        log.warning("a database was not counted", extra={"database": database, "error": type(error).__name__})
