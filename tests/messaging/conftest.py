"""Money and usage are tested with real commits: they live in several databases at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from messaging.allowance import selectors
from tests import money


@pytest.fixture
def worker(committed: None) -> Iterator[None]:
    """The worker's role on empty databases, every transaction really committed."""
    money.empty()
    selectors._unreachable_until.clear()
    with money.role("worker"):
        yield


@pytest.fixture
def app(committed: None) -> Iterator[None]:
    """The web's role on empty databases."""
    money.empty()
    selectors._unreachable_until.clear()
    with money.role("app"):
        yield
