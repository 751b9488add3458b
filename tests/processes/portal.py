"""A real `make run` of the tests' own: its processes, its databases as their superuser sees them, and its seed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import psycopg

from paasoo_portal import embedded
from paasoo_portal.embedded import Paths, processes
from tests.browser.portal import OWN, ROOT, _free_port

PARTS = {"postgres", "valkey", "web", "dispatcher", "worker", "beat"}
START_SECONDS = 180


def wait(condition: Callable[[], object], seconds: float, why: str, pause: float = 0.1) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"waited {seconds} s in vain: {why}"
        time.sleep(pause)


@dataclass(frozen=True)
class Seed:
    """Who signs in and who sends."""

    email: str
    password: str
    account: str
    key: str
    secret: str


class Portal:
    """The manager, started; what it runs may be killed at will."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.port = _free_port()
        self.words = paths.var.parent / "words.txt"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
        # Its people sign in by form, from a program without an app.
        self._environment = kept | {"PAASOO_VAR": str(paths.var), "MFA_REQUIRED": "False"}
        self._manager: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        with self.words.open("wb") as output:
            self._manager = subprocess.Popen(
                [sys.executable, "-m", "paasoo_portal.supervisor"], cwd=ROOT, stdout=output, stderr=output,
                env=self._environment | {"PORT": str(self.port), "HOST": "127.0.0.1", "DEMO": "no"},
            )  # fmt: skip
        wait(self.is_ready, START_SECONDS, "the portal does not get ready")

    def stop(self) -> None:
        assert self._manager is not None
        self._manager.send_signal(signal.SIGTERM)
        self._manager.wait(30)

    def seed(self) -> Seed:
        done = subprocess.run(
            [sys.executable, "-m", "tests.processes.seed"], cwd=ROOT, check=True, capture_output=True,
            env=self._environment | {"PAASOO_ROLE": "worker", "LOG_LEVEL": "ERROR"},
        )  # fmt: skip
        return Seed(**json.loads(done.stdout))

    def readyz(self) -> tuple[int, dict[str, Any]]:
        """Its status and parts; (0, {}) when nobody answers."""
        try:
            with urlopen(f"{self.url}/readyz", timeout=10) as answer:
                return int(answer.status), json.loads(answer.read())["parts"]
        except HTTPError as error:
            return error.code, json.loads(error.read())["parts"] if error.code == 503 else {}
        except (URLError, OSError, ValueError):
            return 0, {}

    def is_ready(self) -> bool:
        assert self._manager is not None
        assert self._manager.poll() is None, f"it ended:\n{self.words.read_text()[-3000:]}"
        return self.readyz()[0] == 200

    def pids(self) -> dict[str, int]:
        try:
            told = json.loads((self.paths.var / "run.json").read_text())["processes"]
        except (OSError, ValueError):
            return {}
        return {name: one["pid"] for name, one in told.items()}

    def kill(self, name: str) -> None:
        """`kill -9`, and wait until the manager has started it again."""
        pid = self.pids()[name]
        os.kill(pid, signal.SIGKILL)
        wait(lambda: self.pids().get(name, pid) != pid, 20, f"{name} is not started again")
        wait(lambda: all(processes.birth(one) for one in self.pids().values()), 20, "not all run")

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """The process lives, and answers nobody."""
        pid = self.pids()[name]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    @contextmanager
    def without(self, database: str) -> Iterator[None]:
        """The database is closed to everybody, and whoever was in it is thrown out."""
        with embedded.Postgres(self.paths).connect() as connection:
            connection.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS false")
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database]
            )
            try:
                yield
            finally:
                connection.execute(f"ALTER DATABASE {database} ALLOW_CONNECTIONS true")

    def query(self, region: str, statement: str, given: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Past every wall, as the superuser."""
        with self._connect(region) as connection:
            return connection.execute(statement, given).fetchall()

    def _connect(self, region: str) -> psycopg.Connection[Any]:
        name = "paasoo" if region == "default" else f"paasoo_{region}"
        return embedded.Postgres(self.paths).connect(name)

    def said(self) -> str:
        return self.words.read_text(errors="replace")
