"""Beat's part in rights requests."""

from __future__ import annotations

import logging

from celery import shared_task

from privacy.requests import services

log = logging.getLogger(__name__)


@shared_task(name="privacy.look_after_requests")
def look_after_requests() -> None:
    """Staff take over in time, and what is over its time goes."""
    taken, gone = services.take_over(), services.forget()
    if taken or gone:
        log.info("requests looked after", extra={"taken_over": taken, "forgotten": gone})
