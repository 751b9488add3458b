"""The databases of a test run: templates migrated once, and clones of them, made in a tenth of a second each.

A template is keyed by everything that shapes a schema and by the UTC day (its partitions lie around today), so the
second run of a day finds it ready. Clones carry the run's process id in their names: runs side by side share the
cluster, and what a killed run left behind goes with the next one. The last run that leaves stops the cluster.

`python -m tests.databases` is the step that migrates a template; it runs as the owner role in a process of its own.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql

from paasoo_portal import embedded
from paasoo_portal.embedded import processes

ROOT = Path(__file__).resolve().parent.parent
ALIASES = ("default", "sg", "ie")
LOGIN = "paasoo_test"
_DAYS_AROUND_TODAY = 2
_TEMPLATES_KEPT = 4
_COUNTERS = range(1, 16)  # Valkey's numbered databases; 0 is left alone.
# No test stops the machine, only processes: what the system has taken is kept without waiting for the disk.
_SETTINGS = {"fsync": "off", "full_page_writes": "off", "max_connections": "300"}
_SHAPING = (
    "models.py", "sql.py", "setup.py", "policies.py", "cut.py", "partitions.py", "partitioned.py", "router.py", "regions.py",
    "setup_database.py", "epochs.py", "folder.py", "files.py", "guard.py", "erasing.py", "entries.py", "databases.py",
    "requirements.txt", "staff_roles.py",
)  # fmt: skip


def database_name(prefix: str, alias: str) -> str:
    return prefix if alias == "default" else f"{prefix}_{alias}"


class TestCluster:
    """The cluster under a state folder, as one test process uses it."""

    __test__ = False

    def __init__(self, var: Path, run: int, worker: str) -> None:
        self.paths = embedded.Paths(var)
        self.prefix = f"paasoo_t{run}_{worker}"
        self.vault = var / "workers" / f"{run}-{worker}" / "vault"
        self.journal = self.vault.with_name("journal")
        self.snapshots = self.vault.with_name("snapshots")
        self.template = os.environ.setdefault("PAASOO_TEST_TEMPLATE", f"paasoo_tpl_{_fingerprint()}")
        self._in_use: IO[str] | None = None

    def open(self) -> None:
        """Start the services if they do not run, and the template if there is none."""
        self.paths.var.mkdir(parents=True, exist_ok=True, mode=0o711)
        self._in_use = (self.paths.var / "in-use.lock").open("a")
        fcntl.flock(self._in_use, fcntl.LOCK_SH)
        with self._alone("start"):
            embedded.start(self.paths, settings=_SETTINGS)
            with self._superuser() as connection:
                _make_login(connection)
                self._drop_orphans(connection)
                if not _is_finished(connection, self.template):
                    self._build(connection)

    def close(self) -> None:
        """Drop the clones; the last one out stops the services."""
        with self._superuser() as connection:
            self._drop_clones(connection, self.prefix)
        shutil.rmtree(self.vault.parent, ignore_errors=True)
        assert self._in_use is not None
        self._in_use.close()
        self.stop_if_idle()

    def stop_if_idle(self) -> None:
        """Stop the services unless a test process uses them (or PAASOO_TEST_KEEP asks to keep them)."""
        if os.environ.get("PAASOO_TEST_KEEP") or not self.paths.postgres_data.exists():
            return
        with (self.paths.var / "in-use.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            embedded.stop(self.paths)

    def clone(self) -> None:
        """Databases and vault as after the first migration. Nobody may be connected to this process's own."""
        with self._superuser() as connection:
            self._drop_clones(connection, self.prefix)
            for alias in ALIASES:
                name = database_name(self.prefix, alias)
                template = database_name(self.template, alias)
                _run(connection, "CREATE DATABASE {} TEMPLATE {} OWNER paasoo_owner", name, template)
                _let_in(connection, name)
        for folder in (self.vault, self.journal, self.snapshots):
            shutil.rmtree(folder, ignore_errors=True)
        self.vault.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(self._template_vault, self.vault)
        shutil.copytree(self._template_vault / "journal", self.journal)

    def forget_counters(self) -> None:
        """Let another process have this one's numbered database."""
        self._counters_lock.close()

    def counters(self) -> int:
        """The number of a Valkey database that is this process's alone for as long as it lives."""
        self.paths.var.mkdir(parents=True, exist_ok=True, mode=0o711)
        for number in _COUNTERS:
            self._counters_lock = (self.paths.var / f"valkey-{number}.lock").open("a")
            try:
                fcntl.flock(self._counters_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._counters_lock.close()
                continue
            return number
        raise RuntimeError("More than fifteen test processes on one state folder.")

    @property
    def _template_vault(self) -> Path:
        return self.paths.var / "templates" / self.template

    def _build(self, connection: psycopg.Connection[Any]) -> None:
        self._drop_old_templates(connection)
        for alias in ALIASES:
            name = database_name(self.template, alias)
            _run(connection, "CREATE DATABASE {} OWNER paasoo_owner", name)
            _let_in(connection, name)
        environment = os.environ | {
            "PAASOO_ROLE": "owner",
            "DATABASE_PREFIX": self.template,
            "KEY_VAULT_URL": f"file://{self._template_vault}",
            "ERASURE_JOURNAL_URL": f"file://{self._template_vault}/journal",
        }
        done = subprocess.run(
            [sys.executable, "-m", "tests.databases"],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"The template could not be migrated:\n{done.stdout}{done.stderr}")
        _run(connection, "COMMENT ON DATABASE {} IS 'finished'", self.template)

    def _drop_old_templates(self, connection: psycopg.Connection[Any]) -> None:
        """All but the newest few, which other runs may still clone; and what was left half-built of ours."""
        found = connection.execute(
            "SELECT datname FROM pg_database WHERE datname ~ '^paasoo_tpl_[0-9a-f]+$' ORDER BY oid DESC"
        ).fetchall()
        for name in {self.template, *(name for (name,) in found[_TEMPLATES_KEPT:])}:
            self._drop_clones(connection, name)
            shutil.rmtree(self.paths.var / "templates" / name, ignore_errors=True)

    def _drop_clones(self, connection: psycopg.Connection[Any], prefix: str) -> None:
        names = [database_name(prefix, alias) for alias in ALIASES]
        for name in names:
            _run(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _drop_orphans(self, connection: psycopg.Connection[Any]) -> None:
        found = connection.execute(
            "SELECT datname, substring(datname FROM '^paasoo_t([0-9]+)_')::integer FROM pg_database "
            "WHERE datname ~ '^paasoo_t[0-9]+_'"
        ).fetchall()
        for name, run in found:
            if processes.birth(run) is None:
                _run(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        for folder in (self.paths.var / "workers").glob("*-*"):
            if processes.birth(int(folder.name.split("-")[0])) is None:
                shutil.rmtree(folder, ignore_errors=True)

    def _superuser(self) -> psycopg.Connection[Any]:
        return embedded.Postgres(self.paths).connect()

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        with (self.paths.var / f"{name}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _fingerprint() -> str:
    digest = hashlib.sha256(datetime.now(UTC).date().isoformat().encode())
    for folder in ("paasoo_portal", "privacy", "accounts", "messaging", "tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.name in _SHAPING or path.parent.name == "migrations":
                digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    digest.update((ROOT / "requirements.txt").read_bytes())
    return digest.hexdigest()[:12]


def _is_finished(connection: psycopg.Connection[Any], name: str) -> bool:
    row = connection.execute(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]
    ).fetchone()
    return row == ("finished",)


def _make_login(connection: psycopg.Connection[Any]) -> None:
    """A login that begins as the app and may become any role inside one transaction; no product has such a one."""
    there = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [LOGIN]).fetchone()
    if not there:
        _run(connection, "CREATE ROLE {} LOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS", LOGIN)
    for role in embedded.LOGIN_ROLES:
        _run(connection, "GRANT {} TO {} WITH INHERIT FALSE, SET TRUE", role, LOGIN)
    _run(connection, "ALTER ROLE {} SET role = 'paasoo_app'", LOGIN)


def _let_in(connection: psycopg.Connection[Any], database: str) -> None:
    """A clone takes no privileges from its template."""
    _run(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", database)
    for role in (*embedded.LOGIN_ROLES, LOGIN):
        _run(connection, "GRANT CONNECT ON DATABASE {} TO {}", database, role)


def _run(connection: psycopg.Connection[Any], statement: str, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]


def build() -> None:
    """Migrate and set up the databases that the environment names."""
    import django

    django.setup()
    from django.core.management import call_command

    from paasoo_portal.core import clock, partitions
    from paasoo_portal.core.management.commands.setup_database import setup

    around = timedelta(days=_DAYS_AROUND_TODAY)
    for alias in ALIASES:
        call_command("migrate", database=alias, verbosity=0)
        setup(alias, ahead=False)
        if alias != "default":
            partitions.ensure(alias, clock.today() - around, clock.today() + around)


if __name__ == "__main__":
    build()
