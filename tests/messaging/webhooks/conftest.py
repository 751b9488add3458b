"""A desk at which messages come to their end, the customer's server, and the cast of the pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from messaging.delivery import push
from tests.messaging.delivery.conftest import desk, new_account
from tests.messaging.delivery.customer import Customer
from tests.pages.conftest import alice, bob, cast, charlie, own_cache, send, vera

__all__ = ["alice", "bob", "cast", "charlie", "desk", "new_account", "own_cache", "send", "vera"]


@pytest.fixture(autouse=True)
def strangers() -> Iterator[None]:
    """Nothing is known of any server."""
    push.servers.forget()
    yield
    push.servers.forget()


@pytest.fixture
def customer() -> Iterator[Customer]:
    with Customer().open() as opened:
        yield opened
