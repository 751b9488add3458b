"""Accepting the duty, and asking whether somebody has."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import transaction

from accounts.duty.models import StaffDuty
from paasoo_portal.core import audit

# Another text is another version, and is accepted anew.
TEXT_VERSION: Final = "2026-11"


def accept(person_id: UUID) -> None:
    """Record the acceptance, once a version."""
    with transaction.atomic():
        _found, new = StaffDuty.objects.get_or_create(person_id=person_id, text_version=TEXT_VERSION)
        if new:
            audit.record(
                audit.Event.DUTY_ACCEPTED, actor_id=person_id, actor_kind="staff", subject_id=person_id
            )


def accepted(person_id: UUID) -> bool:
    return StaffDuty.objects.filter(person_id=person_id, text_version=TEXT_VERSION).exists()
