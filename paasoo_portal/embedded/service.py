"""What PostgreSQL and Valkey have in common: prepare, run as a child or in the background, wait, stop."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, ClassVar

from paasoo_portal.embedded import processes
from paasoo_portal.embedded.errors import EmbeddedError
from paasoo_portal.embedded.owner import Owner, make_state, owner_of
from paasoo_portal.embedded.paths import Paths

# Replaying a full max_wal_size after a crash on a slow disk.
START_SECONDS = 180.0
STOP_SECONDS = 60.0
REFUSED_SECONDS = 15.0


class Service(ABC):
    """One embedded server on the state folder of `paths`."""

    name: ClassVar[str]
    stop_signal: ClassVar[int]

    def __init__(self, paths: Paths, say: Callable[[str], None] = lambda text: None) -> None:
        self.paths = paths
        self.say = say
        self.owner: Owner | None = None
        self._child: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def argv(self) -> list[str]:
        """The command line; call `prepare` before."""

    @abstractmethod
    def running(self) -> int | None:
        """The pid of the server that works on this data folder, whoever started it."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether it answers a client now."""

    @abstractmethod
    def make_ready_to_start(self) -> None:
        """Make data and socket folders and remove what a killed server left behind."""

    def prepare(self) -> None:
        make_state(self.paths)
        self.owner = owner_of(self.paths)
        self.make_ready_to_start()

    def spawn(self, output: int | IO[bytes], **options: Any) -> subprocess.Popen[bytes]:
        """Start the server; its log goes to `output`. It leads a session of its own, so Ctrl-C passes it by."""
        return subprocess.Popen(
            self.argv(), stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", env=plain_environment(),
            start_new_session=True, umask=0o077, **as_owner(self.owner), **options,
        )  # fmt: skip

    def start(self, seconds: float = START_SECONDS) -> int:
        """Have it run in the background, starting it if it does not; returns its pid."""
        make_state(self.paths)
        with self._locked():
            began = time.monotonic()
            while True:
                pid = self.running()
                if pid is None:
                    self.prepare()
                    pid = self._spawn_detached()
                if self.wait_ready(began + seconds, partial(self._lives, pid)):
                    return pid
                # Right after a kill -9 the orphans hold the shared memory for a moment: try again, but not for ever.
                if time.monotonic() > began + min(seconds, REFUSED_SECONDS):
                    raise EmbeddedError(
                        f"{self.name} does not start. Its log, {self.log_file}, ends:\n{self._tail()}"
                    )
                time.sleep(0.3)

    def wait_ready(self, until: float, lives: Callable[[], bool]) -> bool:
        """Try to connect until it answers; False when it died or the time is over."""
        while time.monotonic() < until and lives():
            if self.is_ready():
                return True
            time.sleep(0.03)
        return False

    def stop(self, seconds: float = STOP_SECONDS) -> bool:
        """Stop it cleanly, at the end of patience by force; False when none ran."""
        if not self.paths.var.exists():
            return False
        with self._locked():
            pid = self.running()
            mark = None if pid is None else processes.birth(pid)
            if pid is None or mark is None:
                return False
            processes.send(pid, self.stop_signal)
            if not processes.wait_gone(pid, mark, seconds):
                processes.send(pid, signal.SIGKILL)
                processes.wait_gone(pid, mark, 5)
            if self._child is not None:
                self._child.wait()
                self._child = None
            return True

    @property
    def log_file(self) -> Path:
        return self.paths.log_dir / f"{self.name}.log"

    def _tail(self) -> str:
        lines = self.log_file.read_text(errors="replace").splitlines() if self.log_file.exists() else []
        return "\n".join(lines[-5:])

    def _spawn_detached(self) -> int:
        self.paths.log_dir.mkdir(mode=0o700, exist_ok=True)
        with self.log_file.open("ab") as output:
            os.fchmod(output.fileno(), 0o600)
            self._child = self.spawn(output)
        return self._child.pid

    def _lives(self, pid: int) -> bool:
        if self._child is not None and self._child.pid == pid:
            return self._child.poll() is None
        return processes.birth(pid) is not None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Only one process at a time starts or stops the services of a state folder."""
        with (self.paths.var / f".{self.name}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def as_owner(owner: Owner | None) -> dict[str, Any]:
    """The options of subprocess that run a program as the services' account."""
    return {} if owner is None else {"user": owner.uid, "group": owner.gid, "extra_groups": []}


def plain_environment() -> dict[str, str]:
    """An environment in which nobody's PG… variables or locale change what a server does."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}
