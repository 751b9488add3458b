"""Visitors, and the cast where somebody signs in."""

from __future__ import annotations

import pytest

from tests.pages.conftest import alice, cast, nobody, own_cache
from tests.pages.visitor import Visitor

PAGES = [
    "/welcome/",
    "/prices/",
    "/policy/",
    "/policy/2026-11/",
    "/sub-processors/",
    "/end-users/",
    "/status/",
    "/accessibility/",
    "/docs/api/",
    "/docs/api/sendMessages/",
    "/docs/api/classic/",
    "/cookies/",
    "/privacy/",
    "/certificates/check/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
]


@pytest.fixture
def choose(nobody: Visitor) -> object:
    """Answer the notice as its buttons do."""

    def do(answer: str, **headers: str) -> None:
        given = {"Sec-Fetch-Site": "same-origin"} | headers
        response = nobody.client.post(
            "/cookies/choice/", {"answer": answer, "next": "/welcome/"}, headers=given
        )
        assert nobody.sent_on(response) == "/welcome/"

    return do


__all__ = ["PAGES", "alice", "cast", "nobody", "own_cache"]
