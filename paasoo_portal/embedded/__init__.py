"""The embedded PostgreSQL 18 and Valkey behind one door, so that a fresh machine needs Python alone.

Standard library only at import time: the settings take `Paths` from here. Production sets DATABASE_URL… and
REDIS_URL, and never comes here.
"""

from __future__ import annotations

import shutil

from paasoo_portal.embedded.errors import EmbeddedError
from paasoo_portal.embedded.owner import remove_private
from paasoo_portal.embedded.paths import Paths
from paasoo_portal.embedded.postgres import LOGIN_ROLES, Postgres, database_names, program
from paasoo_portal.embedded.valkey import Valkey

__all__ = [
    "LOGIN_ROLES",
    "EmbeddedError",
    "Paths",
    "Postgres",
    "Valkey",
    "database_names",
    "program",
    "remove",
    "start",
    "stop",
]


def start(paths: Paths, *, settings: dict[str, str] | None = None) -> None:
    """Have both services of these paths run in the background, with roles and databases. Idempotent."""
    postgres = Postgres(paths, settings=settings)
    postgres.start()
    postgres.create_roles_and_databases()
    Valkey(paths).start()


def stop(paths: Paths) -> None:
    """Stop both services of these paths, if they run."""
    Valkey(paths).stop()
    Postgres(paths).stop()


def remove(paths: Paths) -> None:
    """Stop both services and delete their data, wherever it lies (tests, lint): the state folder goes with it."""
    stop(paths)
    remove_private(paths)
    shutil.rmtree(paths.var, ignore_errors=True)
    if paths.socket_dir.parent != paths.var:
        shutil.rmtree(paths.socket_dir, ignore_errors=True)
