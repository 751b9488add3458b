"""Beat's part in rights requests."""

from __future__ import annotations

import logging

from celery import shared_task

from privacy.requests import services

log = logging.getLogger(__name__)


@shared_task(name="privacy.look_after_requests")
def look_after_requests() -> None:
    """Staff take over in time."""
    taken = services.take_over()
    if taken:
        log.info("requests looked after", extra={"taken_over": taken})
