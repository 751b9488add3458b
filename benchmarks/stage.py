"""A portal of the benchmarks' own: embedded services in a temporary folder, migrated, with an account that can pay."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.tools import ROOT
from paasoo_portal import embedded


@dataclass(frozen=True)
class Stage:
    """Where the services are, and whose key may send."""

    paths: embedded.Paths
    key: str
    secret: str
    account: str

    @property
    def environment(self) -> dict[str, str]:
        return {"PAASOO_VAR": str(self.paths.var), "PAASOO_ROLE": "app"}

    def connect(self, database: str, user: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(self.paths.socket_dir), dbname=database, user=user, port=5432, autocommit=True
        )


@contextmanager
def stage() -> Iterator[Stage]:
    """Set up, and take everything away again."""
    with tempfile.TemporaryDirectory(prefix="paasoo-bench-") as folder:
        # The account of the embedded servers has to pass through; only we can list.
        Path(folder).chmod(0o711)
        paths = embedded.Paths(Path(folder) / "var")
        try:
            embedded.start(paths)
            _python(paths, "owner", "-m", "paasoo_portal.supervisor.database")
            made = json.loads(_python(paths, "worker", "-m", "benchmarks.account"))
            yield Stage(paths, made["key"], made["secret"], made["account"])
        finally:
            embedded.remove(paths)


def _python(paths: embedded.Paths, role: str, *arguments: str) -> str:
    environment = {**os.environ, "PAASOO_VAR": str(paths.var), "PAASOO_ROLE": role, "LOG_LEVEL": "WARNING"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout
