"""State folders whose services end, and whose data go, with the test."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from paasoo_portal import embedded


@contextmanager
def state_folder() -> Iterator[embedded.Paths]:
    """A state folder; whatever runs on it is stopped and removed in the end.

    Not below pytest's folder: that one is closed to the services' account, and its names are long.
    """
    folder = Path(tempfile.mkdtemp(prefix="paasoo-test-"))
    folder.chmod(0o711)
    found = embedded.Paths(folder / "var")
    try:
        yield found
    finally:
        embedded.remove(found)
        shutil.rmtree(folder)


@pytest.fixture
def paths() -> Iterator[embedded.Paths]:
    """A state folder of the test's own."""
    with state_folder() as found:
        yield found


@pytest.fixture(scope="module")
def shared_paths() -> Iterator[embedded.Paths]:
    """A state folder that the tests of a module share, one after the other."""
    with state_folder() as found:
        yield found


CHOSEN = (
    "PAASOO_",
    "DATABASE_",
    "REDIS_URL",
    "KEY_VAULT_URL",
    "ERASURE_JOURNAL_URL",
    "KEY_SNAPSHOT_URL",
    "DJANGO_SETTINGS_MODULE",
    "PORTAL_URL",
    "HOST",
    "PORT",
    "DEMO",
)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests of `make run` choose their own variables; those of the test databases would lead astray."""
    for name in [name for name in os.environ if name.startswith(CHOSEN)]:
        monkeypatch.delenv(name)
