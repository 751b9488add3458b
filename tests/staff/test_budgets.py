"""What any page may cost, its list filled: at most 30 queries; at most 100 KB on the first visit, 30 KB after it.

What counts is what travels: compressed, with the scripts that production serves.
"""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import connections
from django.test.utils import CaptureQueriesContext

from accounts.models import Person
from messaging.pages import log
from paasoo_portal.core import audit, clock
from paasoo_portal.core.ids import uuid7
from privacy.cases.models import Case
from privacy.disclosure.models import Extract
from privacy.holds.models import LegalHold
from privacy.requests.models import Route
from privacy.requests.services import receive
from privacy.retention.models import RetentionRun
from tests.conftest import AsRole
from tests.pages.conftest import REGION, Cast, Send
from tests.pages.test_refused import note
from tests.pages.visitor import Visitor
from tests.staff.test_matrix import Place, places, things

pytestmark = pytest.mark.django_db(databases="__all__")
QUERIES, FIRST_VISIT, LATER_VISIT = 30, 100_000, 30_000
# More rows than any list shows on a page.
MANY = 101
ADMIN = (
    "/admin/",
    "/admin/accounts/person/",
    "/admin/accounts/account/",
    "/admin/messaging/message/",
    "/admin/privacy/rightsrequest/",
    "/admin/privacy/legalhold/",
    "/admin/privacy/legalhold/add/",
    "/admin/privacy/case/",
    "/admin/privacy/extract/",
    "/admin/privacy/retentionrun/",
    "/admin/privacy/retentionrun/dashboard/",
    "/admin/core/auditevent/",
)
# Borders of transactions are no queries.
BORDERS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


@pytest.fixture
def lists(cast: Cast, send: Send, as_role: AsRole) -> list[str]:
    """The longest lists, each with more than a page of rows that differ as much as rows can; and where they stand."""
    company = cast.company.pk
    for index in range(log.PAGE):
        send(f"4477009001{index:02}")
        note(cast)
    for event in list(audit.Event) * 2:
        audit.record(event, account_id=company, actor_id=uuid7(), actor_kind="staff", subject_id=uuid7())
    Person.objects.bulk_create(
        Person(email=f"{uuid7()}@example.com", last_login=clock.now()) for _each in range(MANY)
    )
    for _each in range(MANY):
        receive(kind="other", person_id=cast.bob.pk, account_id=company, text="x", route=Route.STAFF)
    _desk(company)
    with as_role("worker"):
        RetentionRun.objects.bulk_create(
            RetentionRun(
                database=REGION,
                kind=f"kind {index}",
                cutoff_on=clock.today(),
                finished_at=clock.now(),
            )
            for index in range(MANY)
        )
    return [f"/admin/messaging/message/{REGION}/{company}/"]


def _desk(account_id: UUID) -> None:
    """Holds, cases and extracts of the account."""
    today = clock.today()
    days = {"account_id": account_id, "first_day": today, "last_day": today}
    for _each in range(MANY):
        LegalHold(**days, classes=[1], authority="A court", reference="1", review_on=today).save()
        case = Case(**days, with_number=True, with_content=True, most=1, reason="x", ends_on=today,
                    kind="billing", extension_days=1)  # fmt: skip
        case.save()
        Extract(case_id=case.pk, account_id=account_id).save()


def answered(visitor: Visitor, path: str) -> tuple[Any, int]:
    """The page, and how many queries it took on all databases."""
    watched = [CaptureQueriesContext(connections[alias]) for alias in settings.DATABASES]
    for one in watched:
        one.__enter__()
    try:
        answer = visitor.client.get(path, headers={"Accept-Encoding": "gzip"})
    finally:
        for one in watched:
            one.__exit__(None, None, None)
    asked = [query["sql"] for one in watched for query in one.captured_queries]
    return answer, len([sql for sql in asked if not sql.startswith(BORDERS)])


def assets(source: str) -> int:
    """Bytes of the styles, scripts and icons that a page fetches, compressed as they are served."""
    paths = set(re.findall(r'"/static/([^"#]+)', source))
    return sum(len(gzip.compress(Path(str(finders.find(path))).read_bytes())) for path in paths)


def test_every_page_stays_within_its_budgets(
    cast: Cast, places: list[Place], lists: list[str], staff: dict[str, Visitor], nobody: Visitor
) -> None:
    alice = Visitor(cast.alice)
    asked = [(visitor, place.path) for place in places for visitor in (alice, nobody)]
    asked += [(visitor, path) for path in (*ADMIN, *lists) for visitor in staff.values()]
    measured = 0
    for visitor, path in asked:
        answer, queries = answered(visitor, path)
        if answer.status_code != 200 or "text/html" not in answer.headers.get("Content-Type", ""):
            continue
        measured += 1
        assert queries <= QUERIES, (path, queries)
        assert len(answer.content) <= LATER_VISIT, (path, len(answer.content))
        first = len(answer.content) + assets(gzip.decompress(answer.content).decode())
        assert first <= FIRST_VISIT, (path, first)
    assert measured > 100


__all__ = ["places", "things"]
