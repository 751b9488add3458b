"""The load generator and the servers under load."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
CONNECTIONS: Final = 64
_UNITS: Final = {"us": 0.001, "ms": 1.0, "s": 1000.0}


class ToolMissing(Exception):
    """Something that a benchmark needs is not on this machine; the text says how to get it."""


@dataclass(frozen=True)
class Load:
    """What one run of the load generator saw."""

    per_second: float
    requests: int
    p50_ms: float
    p99_ms: float
    failed: int


def wrk(url: str, script: Path, *, seconds: int, arguments: list[str] | None = None) -> Load:
    """Run wrk with one thread and 64 connections. Raises ToolMissing."""
    program = shutil.which("wrk")
    if program is None:
        raise ToolMissing("wrk is not here. Install it with: apt-get update && apt-get install -y wrk")
    done = subprocess.run(
        [
            program, "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "--latency", "--timeout", "10s",
            "-s", str(script), url, "--", *(arguments or []),
        ],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return _read(done.stdout)


def _read(text: str) -> Load:
    requests = int(_find(r"(\d+) requests in", text))
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    return Load(
        float(_find(r"Requests/sec:\s+([\d.]+)", text)),
        requests,
        _milliseconds(_find(r"50%\s+([\d.]+\w+)", text)),
        _milliseconds(_find(r"99%\s+([\d.]+\w+)", text)),
        (int(failed[1]) if failed else 0) + (sum(map(int, broken.groups())) if broken else 0),
    )


def _find(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(f"wrk said nothing that we understand:\n{text}")
    return found[1]


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]
    return float(number) * _UNITS[unit]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(arguments: list[str], port: int, environment: dict[str, str]) -> Iterator[None]:
    """A server of its own while the block runs, once it takes connections."""
    process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env={**os.environ, **environment})
    try:
        _wait_for(port, process)
        yield
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"a server under test ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("a server under test does not answer")


def granian(interface: str, application: str, port: int, *extra: str) -> list[str]:
    """Two workers, as everywhere in these benchmarks."""
    return [
        "-m", "granian", "--interface", interface, "--host", "127.0.0.1", "--port", str(port), "--workers", "2",
        "--no-ws", "--log-level", "warning", *extra, application,
    ]  # fmt: skip
