"""Writing to the administrators of every account that a new bound or clock touches, some at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from smtplib import SMTPException
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from accounts.bound_notices.models import BoundNotice, ClockNotice
from accounts.centre.answers import administrators_of
from accounts.people.models import Person
from accounts.teams.models import Account
from accounts.teams.selectors import open_accounts
from paasoo_portal.core import clock, mail
from paasoo_portal.core.tenancy import scope, system_scope
from privacy.clocks import publishing as clocks
from privacy.clocks import register
from privacy.clocks.models import LegalClock
from privacy.retention import publishing
from privacy.retention.models import RetentionBound

log = logging.getLogger(__name__)
_BATCH: Final = 500


@dataclass(frozen=True)
class News:
    """A bound or a clock to come, the letter that tells of it, and what it says to each account that it touches."""

    word: str
    note: Callable[[UUID], object]
    accounts: list[tuple[UUID, dict[str, Any]]]


def tell() -> int:
    """Write of everything to come to the accounts that it touches and that were not told yet; how many were told.

    The letters first, then the note of them: somebody may be told twice after a crash, and nobody never.
    """
    told = 0
    for news in _news():
        for account_id, context in news.accounts[:_BATCH]:
            try:
                _write(account_id, news.word, context)
            except (SMTPException, OSError) as error:
                log.warning("a notice was not sent", extra={"error": type(error).__name__})
                return told
            with scope(account_id):
                news.note(account_id)
            told += 1
    return told


def _news() -> Iterator[News]:
    for bound in RetentionBound.objects.filter(published_at__isnull=False, effective_on__gte=clock.today()):
        yield _of_bound(bound)
    for row in clocks.coming():
        yield _of_clock(row)


def _of_bound(bound: RetentionBound) -> News:
    with system_scope("bound_notices"):
        known = BoundNotice.objects.filter(bound_id=bound.pk).values_list("account_id", flat=True)
        touched = list(publishing.touched(bound, _others(set(known))))
    said = {"bound": bound, "link": settings.PORTAL_URL + reverse("retention")}
    return News(
        "accounts/mail/bound",
        lambda account_id: BoundNotice.objects.get_or_create(account_id=account_id, bound_id=bound.pk),
        [(one, said | {"before": before, "after": after}) for one, before, after in touched],
    )


def _of_clock(row: LegalClock) -> News:
    """Of those at home where the clock runs."""
    with system_scope("bound_notices"):
        found = _others(set(ClockNotice.objects.filter(clock_id=row.pk).values_list("account_id", flat=True)))
    if row.region:
        found = list(Account.objects.filter(pk__in=found, region=row.region).values_list("pk", flat=True))
    said = {"clock": row, "before": clocks.former(row), "after": register.span_of(row)}
    said |= {"link": settings.PORTAL_URL + reverse("privacy_clocks")}
    return News(
        "accounts/mail/clock",
        lambda account_id: ClockNotice.objects.get_or_create(account_id=account_id, clock_id=row.pk),
        [(one, said) for one in found],
    )


def _others(known: set[UUID]) -> list[UUID]:
    return [one for one in open_accounts() if one not in known]


def _write(account_id: UUID, word: str, context: dict[str, Any]) -> None:
    with scope(account_id):
        people = list(Person.objects.filter(pk__in=administrators_of(account_id), is_active=True))
    for person in people:
        mail.send(word, person.email, context, language=person.language)
