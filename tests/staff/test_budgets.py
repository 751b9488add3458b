"""What any page may cost: at most 30 queries; at most 100 KB on the first visit, 30 KB on those after it."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import connections
from django.test.utils import CaptureQueriesContext

from tests.pages.conftest import Cast
from tests.pages.visitor import Visitor
from tests.staff.test_matrix import Place, places, things

pytestmark = pytest.mark.django_db(databases="__all__")
QUERIES, FIRST_VISIT, LATER_VISIT = 30, 100_000, 30_000
ADMIN = (
    "/admin/",
    "/admin/accounts/person/",
    "/admin/accounts/account/",
    "/admin/messaging/message/",
    "/admin/privacy/rightsrequest/",
    "/admin/privacy/legalhold/add/",
    "/admin/privacy/retentionrun/",
    "/admin/privacy/retentionrun/dashboard/",
    "/admin/core/auditevent/",
)
# Borders of transactions are no queries.
BORDERS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


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
    cast: Cast, places: list[Place], staff: dict[str, Visitor], nobody: Visitor
) -> None:
    alice = Visitor(cast.alice)
    asked = [(visitor, place.path) for place in places for visitor in (alice, nobody)]
    asked += [(visitor, path) for path in ADMIN for visitor in staff.values()]
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
