"""Every test speaks to a real PostgreSQL and a real Valkey, as the role that the product would use there.

Their state lies under PAASOO_VAR (default var/test); each process of the run clones its own databases, and has a vault
and a numbered Valkey database to itself. Nothing starts before a test asks for a database.

- `db` (and the mark `django_db`): one transaction on each database, rolled back afterwards, as the role app.
- `as_role("worker")`: inside such a transaction, what only another role may do.
- `committed`: real commits, for threads, child processes and crashes; what is left behind goes before the next `db`.
- mark `fresh`: such a test, on databases that nobody has touched.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.databases import LOGIN, TestCluster

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("PAASOO_VAR") or ROOT / "var/test").resolve()
# The controlling process puts its id into the environment before it starts its workers.
RUN = int(os.environ.setdefault("PAASOO_TEST_RUN", str(os.getpid())))
CLUSTER = TestCluster(VAR, RUN, os.environ.get("PYTEST_XDIST_WORKER", "main"))
COUNTERS = CLUSTER.counters()

for _name in [name for name in os.environ if name.startswith(("DATABASE_URL", "REDIS_URL"))]:
    del os.environ[_name]
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "paasoo_portal.settings",
    "PAASOO_ENV": "test",
    "PAASOO_ROLE": "app",
    "PAASOO_VAR": str(VAR),
    "DATABASE_PREFIX": CLUSTER.prefix,
    "KEY_VAULT_URL": f"file://{CLUSTER.vault}",
    "ERASURE_JOURNAL_URL": f"file://{CLUSTER.journal}",
    "KEY_SNAPSHOT_URL": f"file://{CLUSTER.snapshots}",
    "REDIS_URL": f"unix://{CLUSTER.paths.valkey_socket}?db={COUNTERS}",
}

import django

django.setup()

from django.core.cache import cache
from django.db import connections, transaction

AsRole = Callable[[str], AbstractContextManager[None]]


class _State:
    """Whether somebody has committed to the clones since they were made."""

    dirty = False
    # What was committed does not let the next one start: whole days are gone, say.
    spoilt = False


def _clone() -> None:
    """New databases, and nothing remembered of the old ones."""
    from privacy import keys
    from privacy.journal import guard
    from privacy.keys.vault import vault

    for connection in connections.all(initialized_only=True):
        connection.close()
    CLUSTER.clone()
    keys.forget()
    vault().forget()
    guard.forget()
    _State.dirty = _State.spoilt = False


def spoil() -> None:
    """Have whoever uses the databases next begin with new ones, even if they commit themselves."""
    _State.spoilt = True


def start_anew() -> None:
    """Untouched databases for a module whose tests commit, and are tidied up after."""
    _clone()
    _State.dirty = True


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """In place of pytest-django's: clones instead of migrations."""
    import redis

    CLUSTER.open()
    with django_db_blocker.unblock():
        for alias in connections:
            connections.settings[alias]["USER"] = LOGIN
        # The test that asks first may be one that commits, and was noted as such before this.
        commits = _State.dirty
        _clone()
        _State.dirty = commits
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.flushdb()
    yield
    with django_db_blocker.unblock():
        connections.close_all()
    CLUSTER.close()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """A worker that inherited the settings' name would read them before its own conftest names its databases."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Clone anew where a test needs databases that nobody has committed to: before pytest-django opens anything."""
    wants = set(getattr(item, "fixturenames", ()))
    mark = item.get_closest_marker("django_db")
    if "transactional_db" in wants or (mark is not None and mark.kwargs.get("transaction")):
        pytest.fail("Truncating hundreds of partitions is slow: ask for `committed`.", pytrace=False)
    commits = "committed" in wants
    rolls_back = not commits and ("db" in wants or mark is not None)
    needs_new = _State.dirty and (rolls_back or item.get_closest_marker("fresh") is not None)
    if needs_new or (_State.spoilt and (rolls_back or commits)):
        _clone()
    _State.dirty |= commits


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Real commits, as the role app."""
    with django_db_blocker.unblock():
        yield
        connections.close_all()


@pytest.fixture
def as_role() -> AsRole:
    """Become another role on every database for a while, inside the test's transaction."""

    @contextmanager
    def become(role: str) -> Iterator[None]:
        with ExitStack() as stack:
            for alias in connections:
                stack.enter_context(transaction.atomic(using=alias))
                stack.enter_context(_role(alias, f"paasoo_{role}"))
            yield

    return become


@contextmanager
def _role(alias: str, role: str) -> Iterator[None]:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT current_user")
        former = cursor.fetchone()[0]
        cursor.execute(f'SET LOCAL ROLE "{role}"')
    yield
    # Not in a finally: an error rolls back to the savepoint, and the role with it.
    with connections[alias].cursor() as cursor:
        cursor.execute(f'SET LOCAL ROLE "{former}"')


@pytest.fixture(autouse=True)
def journal_rolls_back(request: pytest.FixtureRequest) -> Iterator[None]:
    """The journal lies outside the databases: what a test's transaction wrote there goes with the transaction."""
    names = set(request.fixturenames)
    if "committed" in names or not ("db" in names or request.node.get_closest_marker("django_db")):
        yield
        return
    from privacy.journal import guard

    before = {path: path.read_bytes() for path in CLUSTER.journal.glob("*")}
    yield
    for path in set(CLUSTER.journal.glob("*")) | set(before):
        content = before.get(path)
        if content is None:
            path.unlink()
        elif path.stat().st_size != len(content):
            path.unlink()  # another file, so that whoever has read it reads again
            path.write_bytes(content)
            guard.forget()


@pytest.fixture(autouse=True)
def no_counters_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Limits and caches begin at zero in every test that has databases."""
    yield
    if {"db", "committed", "django_db_setup"} & set(request.fixturenames):
        cache.clear()
