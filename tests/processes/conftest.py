"""One portal for all tests here: the real processes on a state folder of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.processes.client import Client
from tests.processes.portal import Portal, Seed
from tests.run.conftest import state_folder


@pytest.fixture(scope="session")
def portal() -> Iterator[Portal]:
    with state_folder() as paths:
        running = Portal(paths)
        try:
            running.start()
            yield running
        finally:
            running.stop()


@pytest.fixture(scope="session")
def seed(portal: Portal) -> Seed:
    return portal.seed()


@pytest.fixture
def client(portal: Portal, seed: Seed) -> Iterator[Client]:
    made = Client(portal.port, seed)
    yield made
    made.close()
