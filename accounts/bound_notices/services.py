"""Writing to the administrators of every account whose days a new bound changes, some at a time."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Final
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from accounts.bound_notices.models import BoundNotice
from accounts.centre.answers import administrators_of
from accounts.people.models import Person
from accounts.teams.selectors import open_accounts
from paasoo_portal.core import clock, mail
from paasoo_portal.core.tenancy import scope, system_scope
from privacy.retention import publishing
from privacy.retention.models import RetentionBound

log = logging.getLogger(__name__)
_BATCH: Final = 500


def tell() -> int:
    """Write of every bound to come to the accounts that it touches and that were not told yet; how many were told.

    The letters first, then the note of them: somebody may be told twice after a crash, and nobody never.
    """
    told = 0
    for bound in RetentionBound.objects.filter(published_at__isnull=False, effective_on__gte=clock.today()):
        for account_id, before, after in _waiting(bound)[:_BATCH]:
            try:
                _write(bound, account_id, before, after)
            except (SMTPException, OSError) as error:
                log.warning("a notice of a bound was not sent", extra={"error": type(error).__name__})
                return told
            with scope(account_id):
                BoundNotice.objects.get_or_create(account_id=account_id, bound_id=bound.pk)
            told += 1
    return told


def _waiting(bound: RetentionBound) -> list[tuple[UUID, int, int]]:
    with system_scope("bound_notices"):
        known = set(BoundNotice.objects.filter(bound_id=bound.pk).values_list("account_id", flat=True))
        return list(publishing.touched(bound, [one for one in open_accounts() if one not in known]))


def _write(bound: RetentionBound, account_id: UUID, before: int, after: int) -> None:
    with scope(account_id):
        people = list(Person.objects.filter(pk__in=administrators_of(account_id), is_active=True))
    for person in people:
        context = {
            "bound": bound,
            "before": before,
            "after": after,
            "link": settings.PORTAL_URL + reverse("retention"),
        }
        mail.send("accounts/mail/bound", person.email, context, language=person.language)
