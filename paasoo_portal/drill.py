"""Copies for `drill restore`: dumps and a base back-up of the embedded cluster, restored into a second one.

Registered under the hook `drill.copies`; the privacy engine knows no server.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connections

from paasoo_portal.embedded import EmbeddedError, Paths, Postgres, program
from privacy.drill.copies import Connection, Restored
from privacy.drill.restore import DrillImpossible

_USER = "postgres"


class EmbeddedCopies:
    """Copies of the cluster under PAASOO_VAR."""

    def __init__(self, aliases: list[str]) -> None:
        self.aliases = aliases
        self.source = settings.PATHS

    def take(self, folder: Path) -> None:
        """`<folder>/<alias>.dump` for each database, and the cluster's files with their WAL in `<folder>/base`."""
        for alias in self.aliases:
            _run(
                "pg_dump",
                *self._source("paasoo_backup"),
                "-Fc",
                "-f",
                str(folder / f"{alias}.dump"),
                _name(alias),
            )
        base = folder / "base"
        base.mkdir(mode=0o711)
        _run("pg_basebackup", *self._source(), "-D", str(base / "postgres"), "-X", "stream", "-c", "fast")

    @contextmanager
    def restored(self, folder: Path) -> Iterator[list[Restored]]:
        """The base back-up runs as a second cluster; the dumps are restored into databases of that cluster."""
        # Its server runs as another account, which has to pass through the folder that only we can list.
        folder.chmod(0o711)
        cluster = Postgres(Paths(folder / "base"), settings={"shared_buffers": "32MB"})
        cluster.start()
        try:
            with ExitStack() as stack:
                yield [
                    copy
                    for alias in self.aliases
                    for copy in (
                        Restored(
                            alias, "base back-up", stack.enter_context(closing(cluster.connect(_name(alias))))
                        ),
                        Restored(
                            alias, "dump", stack.enter_context(closing(_restore(cluster, folder, alias)))
                        ),
                    )
                ]
        finally:
            cluster.stop()
            shutil.rmtree(folder / "base", ignore_errors=True)

    def _source(self, role: str = _USER) -> list[str]:
        return ["-h", str(self.source.socket_dir), "-p", "5432", "-U", role]


def copies(*, aliases: list[str]) -> EmbeddedCopies:
    """Hook `drill.copies`. Raises DrillImpossible when the databases are not the embedded ones."""
    for alias in aliases:
        if connections[alias].settings_dict["HOST"] != str(settings.PATHS.socket_dir):
            raise DrillImpossible(
                "the drill copies the embedded cluster alone; these databases lie elsewhere"
            )
    return EmbeddedCopies(aliases)


def _restore(cluster: Postgres, folder: Path, alias: str) -> Connection:
    name = f"drill_{alias}"
    with cluster.connect() as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    _run(
        "pg_restore", "-h", str(cluster.paths.socket_dir), "-p", "5432", "-U", _USER, "-d", name, "--exit-on-error",
        str(folder / f"{alias}.dump"),
    )  # fmt: skip
    return cluster.connect(name)


def _name(alias: str) -> str:
    return str(connections[alias].settings_dict["NAME"])


def _run(name: str, *arguments: str) -> None:
    done = subprocess.run([str(program(name)), *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise EmbeddedError(f"{name} failed: {done.stderr.strip()}")
