"""Choosing and withdrawing: the record first, then the effect, in one transaction (P-CON-1, P-CON-3)."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.db import connection, transaction

from paasoo_portal.core import clock
from privacy.consent.choices import ASK_AGAIN_AFTER, Choice, Standing
from privacy.consent.models import ConsentRecord, Decision, How, PageVisit
from privacy.consent.register import TEXT_VERSION, Purpose

_COUNT = """
INSERT INTO privacy_pagevisit (visitor_id, day, page, times) VALUES (%s, %s, %s, 1)
ON CONFLICT (visitor_id, day, page) DO UPDATE SET times = privacy_pagevisit.times + 1
"""


def choose(
    before: Standing, granted: frozenset[Purpose], *, how: How, person_id: UUID | None, language: str
) -> Choice:
    """Record a choice about every purpose; what was granted before and is not any more is erased at once.

    The browser's signal stands above what the form says.
    """
    if before.signal:
        granted = frozenset()
    now = clock.now()
    former = before.choice.visitor_id if before.choice else None
    had = before.choice.granted if before.choice else frozenset[Purpose]()
    visitor_id = (former or uuid4()) if granted else None
    choice = Choice(granted, now.date() + ASK_AGAIN_AFTER, visitor_id)
    with transaction.atomic():
        ConsentRecord.objects.bulk_create(
            ConsentRecord(
                person_id=person_id,
                visitor_id=visitor_id or former,
                purpose=purpose,
                decision=_decision(purpose in granted, purpose in had),
                text_version=TEXT_VERSION,
                language=language,
                how=how,
                at=now,
                until=choice.until,
            )
            for purpose in Purpose
        )
        if former is not None and Purpose.STATISTICS not in granted:
            PageVisit.objects.filter(visitor_id=former).delete()
    return choice


def take_back(before: Standing, *, person_id: UUID | None, language: str) -> Choice:
    """What the browser's signal makes of a consent given before it (P-CON-2). A cookie that comes again adds no record."""
    granted = before.choice.granted if before.choice else frozenset[Purpose]()
    given = ConsentRecord.objects.filter(
        visitor_id=before.choice.visitor_id if before.choice else None, purpose__in=granted
    )
    newest = given.order_by("-at").first()
    if newest is None or newest.decision != Decision.GRANTED:
        return Choice(frozenset(), clock.today() + ASK_AGAIN_AFTER)
    return choose(before, frozenset(), how=How.SIGNAL, person_id=person_id, language=language)


def count_visit(visitor_id: UUID, page: str) -> None:
    """Count that a page was opened. Only for who agreed to statistics."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [visitor_id, clock.today(), page[:64]])


def _decision(granted: bool, had: bool) -> Decision:
    if granted:
        return Decision.GRANTED
    return Decision.WITHDRAWN if had else Decision.REFUSED
