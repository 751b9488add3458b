"""The desk's work beside its pages: making files, letting them go, telling customers when a ban ends. Ids alone."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from privacy.disclosure import extracts, services


@shared_task(name="privacy.make_extract")
def make_extract(extract_id: str) -> None:
    extracts.make(UUID(extract_id))


@shared_task(name="privacy.look_after_orders")
def look_after_orders() -> None:
    """Tell what may be told from today on; let go of files that nobody fetched."""
    services.lift_due()
    extracts.forget()
