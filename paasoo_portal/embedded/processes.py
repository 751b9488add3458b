"""Telling processes apart: a pid alone proves nothing, since the system hands it out again."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

PROC = Path("/proc")
LINUX = sys.platform == "linux"
_PR_SET_PDEATHSIG = 1


def birth(pid: int) -> str | None:
    """When the process `pid` started, as a mark to compare; None when it is gone or a zombie."""
    if not LINUX:
        fields = _ps(pid, "stat=,lstart=").split(None, 1)
        return None if len(fields) < 2 or fields[0].startswith("Z") else fields[1].strip()
    try:
        fields = (PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else f"{_boot()}-{fields[19]}"


def command(pid: int) -> str:
    """The command line of the process, blank-separated; empty when it is gone."""
    if not LINUX:
        return _ps(pid, "command=").strip()
    try:
        return (
            (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        )
    except OSError:
        return ""


def works_in(pid: int, folder: Path) -> bool:
    """True when the process lives and its work folder is `folder` (both services change into their data)."""
    if birth(pid) is None:
        return False
    if not LINUX:
        return str(folder) in command(pid)
    try:
        return (PROC / str(pid) / "cwd").resolve() == folder.resolve()
    except OSError:
        return False


def wait_gone(pid: int, mark: str | None, seconds: float) -> bool:
    """Wait until the process that had this birth mark is gone; False when it still lives after `seconds`."""
    until = time.monotonic() + seconds
    while mark is not None and birth(pid) == mark:
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def send(pid: int, number: int) -> None:
    """Signal a process that may have gone meanwhile."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def die_with_parent(number: int = signal.SIGTERM) -> Callable[[], None] | None:
    """What a child calls before it executes, so that Linux signals it when its parent dies by SIGKILL."""
    if not LINUX:
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def before_exec() -> None:
        prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(0)

    return before_exec


@cache
def _boot() -> str:
    try:
        return (PROC / "sys/kernel/random/boot_id").read_text()[:8]
    except OSError:
        return ""


def _ps(pid: int, columns: str) -> str:
    return subprocess.run(
        ["ps", "-o", columns, "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout
