"""A page after the first visit weighs at most 30 KB, the longest list included."""

from __future__ import annotations

import pytest

from messaging.pages import log
from tests.pages.conftest import Send
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")
LIMIT = 30_000


def test_a_full_page_of_the_log_stays_light(alice: Visitor, send: Send) -> None:
    send("447700900130")
    one = len(alice.get("/messages/").source.encode())
    for index in range(3):
        send(f"44770090014{index}")
    row = (len(alice.get("/messages/").source.encode()) - one) / 3
    # Hashed static names add thirteen letters to a row's icon.
    assert one + (log.PAGE - 1) * (row + 13) < LIMIT, (one, row)


@pytest.mark.parametrize(
    "path",
    ["/", "/send/", "/api-keys/", "/api-keys/new/", "/retention/", "/certificates/"],
)
def test_other_pages_are_lighter(alice: Visitor, path: str) -> None:
    assert len(alice.get(path).source.encode()) < LIMIT / 2
