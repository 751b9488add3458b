"""Telling everybody, some at a time, so that a crash or a mail server that is down tells the rest later."""

from __future__ import annotations

import logging
from datetime import timedelta
from smtplib import SMTPException
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.urls import reverse

from accounts.people.models import Person
from accounts.policy_notices.models import PolicyNotice
from paasoo_portal.core import clock, mail
from privacy.policy import selectors
from privacy.policy.models import PolicyVersion

log = logging.getLogger(__name__)
# Whoever joins later agreed to the version that is posted then.
TELL_WITHIN: Final = timedelta(days=60)
_BATCH: Final = 500


def tell() -> int:
    """Write to everybody who was there when a material version was published and was not told yet; how many were told.

    The letter first, then the note of it: somebody may be told twice after a crash, and nobody never.
    """
    told = 0
    recent = selectors.published().filter(
        material=True, language=selectors.FALLBACK, published_at__gt=clock.now() - TELL_WITHIN
    )
    for version in recent:
        known = PolicyNotice.objects.filter(person_id=OuterRef("pk"), version=version.number)
        waiting = Person.objects.filter(is_active=True, joined_at__lte=version.published_at)
        for person in waiting.exclude(Exists(known)).order_by("pk")[:_BATCH]:
            try:
                _write(person, version.number)
            except (SMTPException, OSError) as error:
                log.warning("a policy notice was not sent", extra={"error": type(error).__name__})
                return told
            PolicyNotice.objects.get_or_create(person_id=person.pk, version=version.number)
            told += 1
    return told


def unseen(person_id: UUID) -> PolicyVersion | None:
    """The newest version that the person was told of and has not said to have read, in their language."""
    notice = PolicyNotice.objects.filter(person_id=person_id, seen_at=None).order_by("-told_at").first()
    return None if notice is None else selectors.find(notice.version, _language(person_id))


def seen(person_id: UUID) -> None:
    PolicyNotice.objects.filter(person_id=person_id, seen_at=None).update(seen_at=clock.now())


def _language(person_id: UUID) -> str:
    return str(Person.objects.values_list("language", flat=True).get(pk=person_id))


def _write(person: Person, number: str) -> None:
    version = selectors.find(number, person.language)
    if version is None:
        return
    context = {
        "version": version,
        "link": settings.PORTAL_URL + reverse("policy_version", args=[number]),
    }
    mail.send("accounts/mail/policy", person.email, context, language=person.language)
