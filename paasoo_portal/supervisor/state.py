"""What runs in this checkout: a lock that the kernel releases, and a file that tells others what it guards."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import IO, Any

from paasoo_portal.embedded import processes
from paasoo_portal.embedded.paths import Paths


class RunState:
    """The lock and `run.json` of one state folder."""

    def __init__(self, paths: Paths) -> None:
        self._lock_path = paths.var / ".run.lock"
        self.path = paths.var / "run.json"
        self._lock: IO[str] | None = None
        self.data: dict[str, Any] = {}

    def take(self) -> bool:
        """Take the lock for the life of this process; False when another manager holds it."""
        self._lock = self._lock_path.open("a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def read(self) -> dict[str, Any]:
        """What the last manager wrote; empty when it ended in order."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, url: str, pids: dict[str, int]) -> None:
        """Record what runs now, each process with its birth mark, so that a later start can tell it again."""
        told = {name: {"pid": pid, "birth": processes.birth(pid)} for name, pid in pids.items()}
        _write_whole(self.path, {"pid": os.getpid(), "url": url, "processes": told})

    def clear(self) -> None:
        self.path.unlink(missing_ok=True)


def _write_whole(path: Path, data: dict[str, Any]) -> None:
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(data, file, indent=1)
    fresh.replace(path)
