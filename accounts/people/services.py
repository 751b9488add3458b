"""The only writers of what people say of themselves, and of their sessions."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import F

from accounts.people.models import Person
from accounts.seats import roles_of
from paasoo_portal.core import audit
from privacy.preservation import people as preserving


def change_profile(person: Person, *, name: str, language: str, timezone: str) -> None:
    with transaction.atomic():
        preserving.before_erasure(person.pk, roles_of(person))
        person.name, person.language, person.timezone = name, language, timezone
        person.save(update_fields=["name", "language", "timezone"])


def change_language(person: Person, language: str) -> None:
    person.language = language
    person.save(update_fields=["language"])


def end_sessions(person: Person) -> None:
    """End every session of the person. The one that asks goes on once its own mark is written anew."""
    accounts: list[UUID | None] = [*roles_of(person)] or [None]
    with transaction.atomic():
        Person.objects.filter(pk=person.pk).update(session_number=F("session_number") + 1)
        person.refresh_from_db(fields=["session_number"])
        for account_id in accounts:
            audit.record(
                audit.Event.SESSIONS_ENDED,
                account_id=account_id,
                actor_id=person.pk,
                actor_kind="person",
                subject_id=person.pk,
            )
