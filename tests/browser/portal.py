"""One running portal for all the browser tests of a session, however many workers share them.

The first who needs it starts it; the last who leaves stops it. With PAASOO_TEST_PORTAL (the state folder of a
portal that runs already) that one is used and left alone.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent.parent
START_SECONDS = 240
# What a test run sets for its own databases must not reach the portal that is tested.
OWN = (
    "PAASOO_",
    "DATABASE_",
    "KEY_VAULT_URL",
    "ERASURE_JOURNAL_URL",
    "KEY_SNAPSHOT_URL",
    "REDIS_URL",
    "DJANGO_",
    "PORTAL_URL",
)


@dataclass(frozen=True)
class Portal:
    """A running portal: its state folder and what its demo says."""

    var: Path
    demo: dict[str, Any]

    @property
    def url(self) -> str:
        # The demo's file knows the port of the first start alone. Passkeys are bound to a name; an IP address is none.
        running = json.loads((self.var / "run.json").read_text())
        return str(running["url"]).replace("//127.0.0.1", "//localhost")

    def user(self, role: str, account: int = 0) -> dict[str, str]:
        """Somebody of a role, in the first account or another."""
        names = list(dict.fromkeys(user["account"] for user in self.demo["users"]))
        found = [u for u in self.demo["users"] if u["role"] == role and u["account"] == names[account]]
        return dict(found[0])

    def staff(self) -> dict[str, str]:
        return dict(self.demo["staff"][0])

    @contextmanager
    def later(self, seconds: float) -> Iterator[None]:
        """All processes live that much later, through the injected clock."""
        clock = self.var / "clock"
        clock.write_text(str(seconds))
        time.sleep(1)
        try:
            yield
        finally:
            clock.unlink()
            time.sleep(1)


@contextmanager
def shared(folder: Path) -> Iterator[Portal]:
    """The portal of this test session; `folder` is one that all its workers see."""
    if given := os.environ.get("PAASOO_TEST_PORTAL"):
        yield _read(Path(given))
        return
    var = folder / "portal"
    with _locked(folder) as state:
        if not state.get("users"):
            state["pid"] = _start(var)
        state["users"] = state.get("users", 0) + 1
    try:
        yield _read(var)
    finally:
        with _locked(folder) as state:
            state["users"] -= 1
            if not state["users"]:
                _stop(state["pid"])


@contextmanager
def _locked(folder: Path) -> Iterator[dict[str, Any]]:
    """The shared state, changed by one process at a time."""
    path = folder / "portal.json"
    with path.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        state: dict[str, Any] = json.loads(file.read() or "{}")
        yield state
        file.seek(0)
        file.truncate()
        file.write(json.dumps(state))


def _start(var: Path) -> int:
    var.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
    environment |= {"PAASOO_VAR": str(var), "PORT": str(port), "HOST": "127.0.0.1"}
    log = (var.parent / "portal.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "paasoo_portal.supervisor"],
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    _wait(process, f"http://127.0.0.1:{port}/readyz", var)
    return process.pid


def _wait(process: subprocess.Popen[bytes], url: str, var: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        if (var / "demo.json").exists() and _ready(url):
            return
        time.sleep(0.5)
    process.terminate()
    tail = (var.parent / "portal.log").read_text()[-3000:]
    raise RuntimeError(f"The portal did not get ready:\n{tail}")


def _ready(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def _stop(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    for _ in range(120):
        try:
            if os.waitpid(pid, os.WNOHANG)[0]:
                return
        except ChildProcessError:
            return
        time.sleep(0.25)


def _read(var: Path) -> Portal:
    return Portal(var, json.loads((var / "demo.json").read_text()))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
