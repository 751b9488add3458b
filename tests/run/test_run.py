"""`make run` itself, on a state folder of its own: the real processes, started, killed and stopped."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest

from paasoo_portal import embedded
from paasoo_portal.embedded import Paths, processes

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("run")]
ROOT = Path(__file__).resolve().parent.parent.parent
PARTS = {"postgres", "valkey", "web", "dispatcher", "worker", "beat"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait(condition: Callable[[], object], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.05)


def slowness() -> float:
    """Limits in seconds hold for a machine at rest; with work queued for its cores they stretch."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


class Run:
    """One `make run`; its words go to a file."""

    def __init__(self, paths: Paths) -> None:
        self.paths, self.port = paths, free_port()
        self.words = paths.var.parent / f"words-{self.port}.txt"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.words.open("wb") as output:
            self.process = self.popen(output)

    def popen(self, output: Any) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ, "PAASOO_VAR": str(self.paths.var), "DEMO": "no",
            "PORT": str(self.port),
        }  # fmt: skip
        command = [sys.executable, "-m", "paasoo_portal.supervisor"]
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)

    def get(self, path: str) -> int:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, HTTPException):
            return 0
        finally:
            connection.close()

    def serves(self) -> bool:
        assert self.process is None or self.process.poll() is None, (
            f"it ended: {self.words.read_text()[-2000:]}"
        )
        return self.get("/healthz") == 200

    def pids(self) -> dict[str, int]:
        try:
            told = json.loads((self.paths.var / "run.json").read_text())["processes"]
        except (OSError, ValueError):
            return {}
        return {name: one["pid"] for name, one in told.items()}

    def stop(self, number: int) -> float:
        """Stop it with a signal; the seconds that took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(number)
        assert self.process.wait(30) == 0
        return time.monotonic() - began

    def kill(self) -> None:
        for pid in [*self.pids().values(), *([self.process.pid] if self.process else [])]:
            processes.send(pid, signal.SIGKILL)
        if self.process:
            self.process.wait()

    def is_whole(self) -> bool:
        pids = self.pids()
        return pids.keys() == PARTS and all(processes.birth(pid) for pid in pids.values()) and self.serves()

    def left(self) -> list[int]:
        """Whatever still runs for this state folder."""
        mark = str(self.paths.var).encode()
        found = []
        for folder in processes.PROC.glob("[0-9]*"):
            try:
                if mark in (folder / "environ").read_bytes() or mark in (folder / "cmdline").read_bytes():
                    found.append(int(folder.name))
            except OSError:
                continue
        return [pid for pid in found if processes.birth(pid) and pid != os.getpid()]


@pytest.fixture
def run(shared_paths: Paths) -> Iterator[Run]:
    """On a state folder that the tests share: only the first of them waits for migrations."""
    made = Run(shared_paths)
    yield made
    made.kill()
    wait(lambda: made.left() == [], 15)


def test_from_nothing_to_a_page_and_back(run: Run) -> None:
    run.start()
    wait(run.is_whole, 120)

    # A second start says what runs and where, and changes nothing.
    before = run.pids()
    again = run.popen(subprocess.PIPE)
    words, _ = again.communicate(timeout=10)
    assert again.returncode == 0
    assert f"already runs: http://127.0.0.1:{run.port}/" in words.decode()
    assert all(str(pid) in words.decode() for pid in before.values())
    assert run.pids() == before

    assert run.stop(signal.SIGINT) < 10
    assert run.left() == []
    assert not (run.paths.var / "run.json").exists()

    # Nothing has changed: no migration is run, and the first page is there within five seconds.
    began = time.monotonic()
    run.start()
    wait(run.serves)
    assert time.monotonic() - began < 5 * slowness()
    assert "migrating" not in run.words.read_text()
    assert run.stop(signal.SIGTERM) < 10
    assert run.left() == []


def test_whatever_is_killed_comes_back(run: Run) -> None:
    run.start()
    wait(run.is_whole)
    for name in sorted(PARTS):
        pid = run.pids()[name]
        os.kill(pid, signal.SIGKILL)
        wait(lambda name=name, pid=pid: run.pids().get(name, pid) != pid)
    wait(run.is_whole)
    wait(lambda: run.get("/accounts/login/") == 200)


def test_after_kill_9_of_all_the_next_start_recovers(run: Run) -> None:
    run.start()
    wait(run.is_whole)
    run.kill()
    run.start()
    wait(run.is_whole)


def test_after_kill_9_of_the_manager_its_children_go(run: Run) -> None:
    run.start()
    wait(run.is_whole)
    assert run.process is not None
    run.process.kill()
    run.process.wait()
    wait(lambda: run.left() == [], 15)


def test_a_port_in_use_is_said_before_anything_starts(run: Run) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", run.port))
        other.listen()
        run.start()
        assert run.process is not None
        assert run.process.wait(20) == 1
    words = run.words.read_text()
    assert (
        f"Port {run.port} on 127.0.0.1 is in use by another program. Choose another: make run PORT=" in words
    )
    assert "starting" not in words


def test_two_checkouts_run_side_by_side(run: Run, paths: Paths) -> None:
    other = Run(paths)
    run.start()
    other.start()
    try:
        wait(run.is_whole, 120)
        wait(other.is_whole, 120)
        other.stop(signal.SIGTERM)
        assert other.left() == []
        wait(run.is_whole, 10)
        assert "starting it again" not in run.words.read_text()
    finally:
        other.kill()


def test_services_that_somebody_else_started_are_used_and_left(run: Run) -> None:
    embedded.start(run.paths)
    mine = embedded.Postgres(run.paths).running()
    run.start()
    wait(run.serves)
    run.stop(signal.SIGTERM)
    assert embedded.Postgres(run.paths).running() == mine
    embedded.stop(run.paths)
