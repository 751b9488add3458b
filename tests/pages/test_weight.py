"""A page after the first visit weighs at most 30 KB, the longest list included."""

from __future__ import annotations

import gzip

import pytest

from messaging.pages import log
from tests.pages.conftest import Send
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")
LIMIT = 30_000


def weight(visitor: Visitor, path: str) -> int:
    """Bytes of a page on its way to a browser."""
    answer = visitor.client.get(path, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Vary"].count("Accept-Encoding") == 1
    assert gzip.decompress(answer.content).startswith(b"<!doctype html>")
    return len(answer.content)


def test_a_full_page_of_the_log_stays_light(alice: Visitor, send: Send) -> None:
    for index in range(log.PAGE):
        send(f"4477009001{index:02}")
    assert len(alice.get("/messages/").all("tbody tr")) == log.PAGE
    assert weight(alice, "/messages/") < LIMIT / 2


def test_a_file_and_an_answer_to_a_program_are_not_compressed(alice: Visitor) -> None:
    for path in ("/.well-known/gpc.json", "/v1/openapi.json"):
        assert "Content-Encoding" not in alice.client.get(path, headers={"Accept-Encoding": "gzip"}).headers


@pytest.mark.parametrize(
    "path",
    ["/", "/send/", "/api-keys/", "/api-keys/new/", "/retention/", "/certificates/", "/balance/"],
)
def test_other_pages_are_lighter(alice: Visitor, path: str) -> None:
    assert weight(alice, path) < LIMIT / 3
