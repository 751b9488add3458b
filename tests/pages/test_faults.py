"""When something fails: a plain sentence, what to do, an id to quote; nothing of the inside."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.db import OperationalError
from django.test import RequestFactory

from messaging.pages import log
from paasoo_portal.core.logs import LineFormatter
from paasoo_portal.public import faults
from tests.pages.visitor import STRICT, Page, Visitor, check

pytestmark = pytest.mark.django_db(databases="__all__")


def test_an_unknown_page_says_so_with_an_id(alice: Visitor, nobody: Visitor) -> None:
    for visitor in (alice, nobody):
        page = visitor.get("/no/such/page", status=404)
        assert page.title == "There is no such page – PaaSoo"
        assert page.response["X-Request-Id"] in page.text
        assert "/" in page.links()


def test_a_forbidden_page_says_who_can_help(vera: Visitor) -> None:
    assert "An administrator of your account" in vera.get("/send/", status=403).text


def test_an_error_of_ours_shows_nothing_of_the_inside(
    alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(log, "read_page", broken)
    alice.client.raise_request_exception = False
    page = alice.get("/messages/", status=500)
    assert "secret inside" not in page.source
    assert page.response["X-Request-Id"] in page.text


def test_the_request_that_a_person_names_is_found_in_the_log(
    alice: Visitor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        logging.getLogger("messaging").warning("on the way")
        raise RuntimeError("broken")

    monkeypatch.setattr(log, "read_page", broken)
    alice.client.raise_request_exception = False
    # Lines are made while the request runs, as the handlers make them.
    caplog.handler.setFormatter(LineFormatter())
    named = {alice.get("/messages/", status=500).response["X-Request-Id"]: "/messages/"}
    lines = caplog.text.splitlines()
    named[alice.get("/no-such-page/", status=404).response["X-Request-Id"]] = "/no-such-page/"
    for identity, path in named.items():
        assert any(f"request_id={identity}" in line and path in line for line in caplog.text.splitlines())
    first = next(iter(named))
    assert any("on the way" in line and f"request_id={first}" in line for line in lines)


def test_a_region_that_is_away_is_503_with_retry_after(
    alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(log, "read_page", away)
    page = alice.get("/messages/", status=503)
    assert page.response["Retry-After"] == "30"
    assert alice.get("/retention/").title


def test_a_body_too_large_is_413(alice: Visitor, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert alice.post("/send/", {"text": "x" * 200}, status=413).title == "This is too large – PaaSoo"


def test_a_form_without_its_token_is_refused_plainly(alice: Visitor) -> None:
    alice.client.handler.enforce_csrf_checks = True
    assert alice.post("/send/", {"text": "x"}, status=403).title == "This form is out of date – PaaSoo"


@pytest.mark.parametrize("status", [400, 403, 404, 413, 429, 500, 503])
def test_every_fault_page_is_whole_and_asks_no_database(status: int) -> None:
    request = RequestFactory().get("/")
    request.request_id = "0123456789abcdef"  # type: ignore[attr-defined]
    response = faults.fault(request, status)
    assert response.status_code == status
    assert b"0123456789abcdef" in response.content
    response.request = {"PATH_INFO": "/"}  # type: ignore[attr-defined]
    response["Content-Security-Policy"] = "; ".join(sorted(STRICT))
    response["Cache-Control"] = "no-store"
    check(Page(response))
