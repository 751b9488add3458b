"""Every parameter and property that the description names, with what nobody should send: an answer, never a fault."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings

from tests.messaging.rest.conftest import Program

pytestmark = pytest.mark.django_db(databases="__all__")
DESCRIPTION = json.loads((Path(settings.BASE_DIR) / "docs/openapi.json").read_text(encoding="utf-8"))
TEXTS = ["a\0b", "x" * 5000, "\u202e😀'\"<", "0001-01-01", "9999-12-31", "9" * 30, "../x"]
VALUES: list[Any] = [
    None,
    True,
    -1,
    10**30,
    1.5,
    [],
    {},
    [[]],
    [None],
    {"": {}},
    "\ud83d",
    "",
    "NaN",
    "\n",
    *TEXTS,
]
BODIES = [
    b"", b"{", b"\xff\xfe", b"null", b"[]", b'"x"', b"1e999", b"NaN", b'{"a":NaN}', b"[" * 100_000, b"\0", b" " * 3_000_000,
    b'{"to":"+447700900123","to":"x","text":"x"}',
]  # fmt: skip
WHOLE: dict[str, list[dict[str, Any]]] = {
    "/v1/messages": [
        {"to": "+447700900123", "text": "x", "from": "Harbour", "client_ref": "a"},
        {"messages": [{"to": "+447700900123", "text": "x"}]},
    ],
    "/v1/retention": [{"data_class": "content", "days": 20}],
}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, found in DESCRIPTION["paths"].items():
        for method, operation in found.items():
            yield method.upper(), path, operation


def answer(program: Program, method: str, path: str, content: bytes = b"", **headers: str) -> None:
    found = program.client.generic(
        method,
        path,
        content,
        content_type="application/json",
        headers={"Authorization": f"Bearer {program.key}.{program.secret}", **headers},
    )
    assert found.status_code < 500, (method, path[:80], content[:80])
    if found.status_code >= 400:
        assert found["Content-Type"] == "application/problem+json", (method, path[:80], found.status_code)
        assert json.loads(found.content)["detail"]


def test_no_parameter_is_a_fault(program: Program, settings: Any) -> None:
    tried = 0
    for method, path, operation in operations():
        for parameter in operation.get("parameters", []):
            for wrong in TEXTS:
                tried += 1
                name, place = parameter["name"], parameter["in"]
                if place == "query":
                    filled = path.replace("{number}", "447700900123").replace("{reference}", "x")
                    answer(program, method, f"{filled}?{name}={quote(wrong)}")
                elif place == "path":
                    answer(program, method, path.replace(f"{{{name}}}", quote(wrong, safe="")))
                elif wrong.isascii():
                    answer(program, method, path, b"{}", **{name: wrong})
    assert tried > 80


def test_no_property_is_a_fault(program: Program) -> None:
    described = {path for method, path, operation in operations() if "requestBody" in operation}
    assert described == set(WHOLE)
    for path, bodies in WHOLE.items():
        method = "POST" if "post" in DESCRIPTION["paths"][path] else "PUT"
        for whole in bodies:
            for steps in _places(whole):
                for wrong in VALUES:
                    answer(program, method, path, json.dumps(_with(whole, steps, wrong)).encode())
        for body in BODIES:
            answer(program, method, path, body)


def _places(body: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key, value in body.items() if isinstance(body, dict) else enumerate(body):
        yield (*before, key)
        if isinstance(value, dict | list):
            yield from _places(value, (*before, key))


def _with(body: Any, steps: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(body)
    inner = changed
    for step in steps[:-1]:
        inner = inner[step]
    inner[steps[-1]] = value
    return changed
