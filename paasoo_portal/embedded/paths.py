"""Where the embedded services and the development files live: everything lies under one state folder."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

# A socket's name ends at 104 bytes on macOS (108 on Linux); "/.s.PGSQL.5432" takes 14 of them.
LONGEST_SOCKET_FOLDER = 85


def key_of(folder: Path) -> str:
    """A short name that is this folder's alone, for what cannot lie inside it."""
    return hashlib.sha256(str(folder).encode()).hexdigest()[:12]


class Paths:
    """The files and folders of one state folder (PAASOO_VAR); making them is not its business."""

    def __init__(self, var: Path) -> None:
        self.var = Path(var).resolve()
        self.postgres_data = self.var / "postgres"
        self.socket_dir = _socket_dir(self.var)
        self.valkey_data = self.var / "valkey"
        self.valkey_socket = self.socket_dir / "valkey.sock"
        self.vault = self.var / "vault"
        self.journal = self.var / "journal"
        self.snapshots = self.var / "snapshots"
        self.media = self.var / "media"
        self.emails = self.var / "emails"
        self.demo_json = self.var / "demo.json"
        self.log_dir = self.var / "log"
        self.clock_file = self.var / "clock"


def _socket_dir(var: Path) -> Path:
    folder = var / "run"
    if len(str(folder).encode()) <= LONGEST_SOCKET_FOLDER:
        return folder
    return Path(tempfile.gettempdir()) / f"paasoo-{key_of(var)}"
