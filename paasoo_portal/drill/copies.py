"""Copies for `drill restore`: dumps, and a base back-up with its WAL, of the embedded cluster; restored into a second one.

Registered under the hook `drill.copies`; the privacy engine knows no server.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connections

from paasoo_portal.embedded import EmbeddedError, Paths, Postgres, program
from privacy.drill.copies import Group, Restored
from privacy.drill.restore import AFTER, BEFORE, DrillImpossible

_USER: Final = "postgres"
_CONTROL: Final = "default"
_WAIT_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 0.05


class EmbeddedCopies:
    """Copies of the cluster under PAASOO_VAR."""

    def __init__(self, aliases: list[str]) -> None:
        self.aliases = [_CONTROL, *aliases]
        self.source = settings.PATHS
        self._receiver: subprocess.Popen[bytes] | None = None
        self._wal = Path()

    def begin(self, folder: Path) -> None:
        """`<folder>/<alias>.dump`, the cluster's files in `<folder>/base`, and what comes after in `<folder>/wal`."""
        self._receive_wal(folder / "wal")
        for alias in self.aliases:
            target = str(folder / f"{alias}.dump")
            _run("pg_dump", *self._source("paasoo_backup"), "-Fc", "-Z0", "-f", target, _name(alias))
        base = folder / "base"
        base.mkdir(mode=0o711)
        _run("pg_basebackup", *self._source(), "-D", str(base / "postgres"), "-X", "stream", "-c", "fast")

    def mark(self, name: str) -> None:
        with Postgres(self.source).connect() as connection:
            connection.execute("SELECT pg_create_restore_point(%s)", [name])

    def end(self) -> None:
        if self._receiver is None:
            return
        try:
            with Postgres(self.source).connect() as connection:
                row = connection.execute(
                    "SELECT pg_walfile_name(pg_current_wal_insert_lsn()), pg_switch_wal()"
                ).fetchone()
            last = self._wal / str(row[0] if row else "")
            _wait(last.exists, "the WAL was not archived")
        finally:
            self._receiver.terminate()
            self._receiver.wait(_WAIT_SECONDS)
            self._receiver = None

    def restored(self, folder: Path) -> Iterator[Group]:
        """The base back-up is brought to the moment before the erasures, then on to the one after; the dumps stand beside."""
        # Its server runs as another account, which has to pass through the folder that only we can list.
        folder.chmod(0o711)
        self._hand_over(folder)
        paths = Paths(folder / "base")
        try:
            with self._recovered(paths, BEFORE, "pause") as cluster, ExitStack() as stack:
                yield Group(self._opened(cluster, stack, "base back-up and WAL, before the erasures"))
            with self._recovered(paths, AFTER, "promote") as cluster, ExitStack() as stack:
                yield Group(self._opened(cluster, stack, "base back-up and WAL, after the erasures"))
                for alias in self.aliases:
                    _restore(cluster, folder, alias)
                copies = self._opened(cluster, stack, "dump", _copy_name)
                yield Group(copies, self._environ(cluster))
        finally:
            shutil.rmtree(folder / "base", ignore_errors=True)

    def _recovered(self, paths: Paths, point: str, action: str) -> _Running:
        (paths.postgres_data / "recovery.signal").touch()
        wal = paths.var.parent / "wal"
        return _Running(
            Postgres(
                paths,
                settings={
                    "shared_buffers": "32MB",
                    "fsync": "off",
                    "restore_command": f'cp "{wal}/%f" "%p"',
                    "recovery_target_name": point,
                    "recovery_target_action": action,
                },
            ),
            paused=action == "pause",
        )

    def _opened(
        self, cluster: Postgres, stack: ExitStack, kind: str, name: Callable[[str], str] | None = None
    ) -> list[Restored]:
        named = name or _name
        return [
            Restored(alias, kind, stack.enter_context(closing(cluster.connect(named(alias)))))
            for alias in self.aliases
        ]

    def _environ(self, cluster: Postgres) -> dict[str, str]:
        """Every database at the copies' cluster: those that were not copied stand there as of the base back-up."""
        found = {}
        for alias in settings.DATABASES:
            suffix = "" if alias == _CONTROL else f"_{alias.upper()}"
            name = _copy_name(alias) if alias in self.aliases else _name(alias)
            url = f"postgresql:///{name}?host={cluster.paths.socket_dir}&user=paasoo_"
            found[f"DATABASE_URL{suffix}"] = url + "{role}"
            found[f"DATABASE_URL{suffix}_INGEST"] = url + "ingest"
        return found

    def _receive_wal(self, folder: Path) -> None:
        folder.mkdir(mode=0o711)
        self._wal = folder
        self._receiver = subprocess.Popen(
            [str(program("pg_receivewal")), *self._source(), "-D", str(folder), "--no-sync", "--no-loop"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _wait(lambda: any(folder.iterdir()), "the WAL is not received")

    def _hand_over(self, folder: Path) -> None:
        """The account that runs the second cluster reads the WAL."""
        owner = self.source.postgres_data.stat()
        for path in [folder / "wal", *(folder / "wal").iterdir()]:
            shutil.chown(path, owner.st_uid, owner.st_gid)

    def _source(self, role: str = _USER) -> list[str]:
        return ["-h", str(self.source.socket_dir), "-p", "5432", "-U", role]


class _Running:
    """A second cluster for as long as it is looked at; ready once its recovery has come to its point."""

    def __init__(self, cluster: Postgres, *, paused: bool) -> None:
        self._cluster, self._paused = cluster, paused

    def __enter__(self) -> Postgres:
        self._cluster.start()
        query = (
            "SELECT pg_get_wal_replay_pause_state() = 'paused'"
            if self._paused
            else "SELECT NOT pg_is_in_recovery()"
        )
        with self._cluster.connect() as connection:
            _wait(lambda: bool((connection.execute(query).fetchone() or [False])[0]), "it does not recover")
        return self._cluster

    def __exit__(self, *exception: object) -> None:
        self._cluster.stop()


def copies(*, aliases: list[str]) -> EmbeddedCopies:
    """Hook `drill.copies`. Raises DrillImpossible when the databases are not the embedded ones."""
    refuse_elsewhere(aliases)
    return EmbeddedCopies(aliases)


def refuse_elsewhere(aliases: list[str]) -> None:
    """Raises DrillImpossible."""
    for alias in [_CONTROL, *aliases]:
        if connections[alias].settings_dict["HOST"] != str(settings.PATHS.socket_dir):
            raise DrillImpossible(
                "the drill copies the embedded cluster alone; these databases lie elsewhere"
            )


def _restore(cluster: Postgres, folder: Path, alias: str) -> None:
    name = _copy_name(alias)
    with cluster.connect() as connection:
        # Not the superuser's: whoever owns the database has its schema, and the owner's functions need it.
        connection.execute(f'CREATE DATABASE "{name}" OWNER paasoo_owner')
    _run(
        "pg_restore", "-h", str(cluster.paths.socket_dir), "-p", "5432", "-U", _USER, "-d", name, "--exit-on-error",
        str(folder / f"{alias}.dump"),
    )  # fmt: skip


def _copy_name(alias: str) -> str:
    return f"drill_{alias}"


def _name(alias: str) -> str:
    return str(connections[alias].settings_dict["NAME"])


def _wait(condition: Callable[[], bool], why: str) -> None:
    until = time.monotonic() + _WAIT_SECONDS
    while not condition():
        if time.monotonic() > until:
            raise EmbeddedError(f"{why} (waited {_WAIT_SECONDS:.0f} s)")
        time.sleep(_PAUSE_SECONDS)


def _run(name: str, *arguments: str) -> None:
    done = subprocess.run([str(program(name)), *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise EmbeddedError(f"{name} failed: {done.stderr.strip()}")
