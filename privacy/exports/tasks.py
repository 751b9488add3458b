"""The worker's and beat's part in copies. A task names the job alone."""

from __future__ import annotations

import logging
from uuid import UUID

from celery import shared_task

from privacy.exports import services

log = logging.getLogger(__name__)


@shared_task(name="privacy.run_export")
def run_export(job_id: str) -> None:
    services.make(UUID(job_id))


@shared_task(name="privacy.forget_exports")
def forget_exports() -> None:
    """Let go of copies after a week; take up those that a crash left."""
    gone = services.forget()
    if gone:
        log.info("exports let go", extra={"count": gone})
