"""The floor's only task: beat and worker prove together that they live."""

from __future__ import annotations

import logging

from celery import shared_task
from django.db import DatabaseError

from paasoo_portal.core import heartbeat

log = logging.getLogger(__name__)


@shared_task(name="core.sign_of_life")
def sign_of_life() -> None:
    try:
        heartbeat.beat("beat")
    except DatabaseError as error:
        # The missing sign is what /readyz tells; a traceback every ten seconds tells nobody more.
        log.warning("no sign of life could be given", extra={"error": type(error).__name__})
