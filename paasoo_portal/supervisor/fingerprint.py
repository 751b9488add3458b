"""Whether the databases are known to be up to date, so that an unchanged start need not ask Django."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any

from paasoo_portal.embedded import Paths, Postgres

# Partitions are made 14 days ahead: a portal that stood still longer than this makes them before it serves.
FRESH_DAYS = 5


def code(root: Path) -> str:
    """A digest of everything a migration, a grant or a policy can come from: the code and its dependencies."""
    digest = hashlib.sha256()
    packages = sorted(
        path.parent for path in root.glob("*/__init__.py") if path.parent.name not in {"tests", "benchmarks"}
    )
    files = [path for package in packages for path in sorted(package.rglob("*.py"))]
    for path in [*files, root / "requirements.txt"]:
        digest.update(f"{path.relative_to(root)}\0".encode())
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()


def cluster(postgres: Postgres) -> str:
    """The cluster's own identity: a new cluster in the same place is another one."""
    with postgres.connect() as connection:
        row = connection.execute("SELECT system_identifier FROM pg_control_system()").fetchone()
    return str(row[0]) if row else ""


def today(paths: Paths) -> int:
    """The product's day as a number, with the offset that a moved development clock adds."""
    try:
        offset = float(paths.clock_file.read_text())
    except (OSError, ValueError):
        offset = 0.0
    return int((time.time() + offset) // 86400)


class Known:
    """What `var/database.json` remembers of the last time the databases were brought up to date."""

    def __init__(self, paths: Paths) -> None:
        self._path = paths.var / "database.json"
        self._paths = paths

    def covers(self, code: str, cluster: str) -> bool:
        known = self._read()
        same = known.get("code") == code and known.get("cluster") == cluster
        return same and 0 <= today(self._paths) - int(known.get("day", 0)) <= FRESH_DAYS

    def is_new(self, cluster: str) -> bool:
        """True for a cluster that was never brought up to date before."""
        return self._read().get("cluster") != cluster

    def remember(self, code: str, cluster: str) -> None:
        self._path.write_text(json.dumps({"code": code, "cluster": cluster, "day": today(self._paths)}))

    def _read(self) -> dict[str, Any]:
        try:
            found = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}
