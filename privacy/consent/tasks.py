"""Beat's part in consent: what is over its time goes."""

from __future__ import annotations

import logging

from celery import shared_task

from privacy.consent import services

log = logging.getLogger(__name__)


@shared_task(name="privacy.forget_consents")
def forget_consents() -> None:
    """Delete counted visits and proofs that are over their time (P-RET-3)."""
    visits, proofs = services.forget()
    if visits or proofs:
        log.info("consents forgotten", extra={"visits": visits, "proofs": proofs})
