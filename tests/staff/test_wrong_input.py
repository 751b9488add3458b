"""Every form that links reach, each field with what nobody should give it: refused or kept, never an error page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import Resolver404, resolve
from lxml import html

from tests.pages.conftest import Cast
from tests.pages.visitor import Visitor
from tests.staff.test_matrix import things

pytestmark = pytest.mark.django_db(databases="__all__")
WRONG = [
    "a\0b",
    "x" * 5000,
    "\u202e😀'\"<",
    "0001-01-01",
    "9999-12-31",
    "9" * 30,
    "00000000-0000-0000-0000-000000000000",
]
# These end the session or the account; the others' own limits answer 429 before long.
OF_EACH = 1
LEFT_ALONE = ("logout", "leave", "/2fa/", "/static/", "/dev/")


def forms(visitor: Visitor, start: str) -> Iterator[tuple[str, str, dict[str, list[str]], list[str]]]:
    """Each form once: method, path, what a browser would send, and the names of its fields."""
    waiting, seen, known, asked = [start], {start}, set[Any](), Counter[Any]()
    while waiting:
        path = waiting.pop(0)
        asked[_name(path)] += 1
        if asked[_name(path)] > OF_EACH:
            continue
        answer = visitor.client.get(path)
        if answer.status_code != 200 or "html" not in answer["Content-Type"]:
            continue
        tree = html.document_fromstring(answer.content.decode())
        for link in tree.iter("a"):
            further = urljoin(path, link.get("href", "")).split("#")[0]
            if further.startswith("/") and further not in seen and not _left(further):
                seen.add(further)
                waiting.append(further)
        for form in tree.iter("form"):
            target, method = urljoin(path, form.get("action") or path), form.get("method", "get").lower()
            names = sorted({one.name for one in form.inputs if one.name} - {"csrfmiddlewaretoken"})
            mark = (method, _name(target), tuple(names))
            if _left(target) or mark in known:
                continue
            known.add(mark)
            values: dict[str, list[str]] = {}
            for name, value in form.form_values():
                values.setdefault(name, []).append(value)
            yield method, target.split("?")[0], values, names


def _name(path: str) -> str | None:
    try:
        return resolve(urlsplit(path).path).url_name
    except Resolver404:
        return None


def _left(path: str) -> bool:
    return any(part in path for part in LEFT_ALONE)


@pytest.mark.parametrize(
    ("who", "start", "least"), [("nobody", "/welcome/", 5), ("alice", "/", 60), ("dana", "/admin/", 60)]
)
def test_no_field_of_any_form_breaks_a_page(
    who: str, start: str, least: int, cast: Cast, things: Any
) -> None:
    visitor = Visitor(getattr(cast, who, None))
    tried = 0
    for method, path, values, names in list(forms(visitor, start)):
        for name in names:
            tried += 1
            for wrong in WRONG:
                answer = getattr(visitor.client, method)(path, {**values, name: wrong})
                assert answer.status_code in {200, 302, 400, 404, 429}, (path, name, wrong[:40])
    assert tried >= least


__all__ = ["things"]
