"""Accounts are tested with real commits, so that what is told on commit is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from accounts.models import Person
from paasoo_portal.core.ids import uuid7
from tests import money


@pytest.fixture
def app(committed: None) -> Iterator[None]:
    """The web's role, every transaction really committed."""
    with money.role("app"):
        yield


@pytest.fixture
def alice(app: None) -> Person:
    return Person.objects.create(email=f"{uuid7().hex}@example.com", name="Alice")


@pytest.fixture
def bob(app: None) -> Person:
    return Person.objects.create(email=f"{uuid7().hex}@example.com", name="Bob")
