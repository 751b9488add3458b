"""Recovery after `kill -9` of the manager: end what it left running, and nothing else."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from paasoo_portal.embedded import processes
from paasoo_portal.embedded.service import Service

# Every child carries the state folder in its environment; so does whatever it starts itself.
MARK = "PAASOO_SUPERVISED"
PATIENCE = 3.0


def clear(var: Path, recorded: dict[str, Any], services: list[Service], say: Callable[[str], None]) -> None:
    """End the processes of a dead manager of this state folder. Only the holder of its lock may call it."""
    told: dict[str, dict[str, Any]] = recorded.get("processes", {})
    pids = _marked(var) if processes.LINUX else _recorded(told)
    if pids:
        say(f"ending {len(pids)} processes that an earlier run left behind")
        _end(pids)
    for service in services:
        pid = service.running()
        known = told.get(service.name, {})
        if pid is not None and pid == known.get("pid") and processes.birth(pid) == known.get("birth"):
            say(f"stopping the {service.name} that an earlier run left behind")
            service.stop()


def _marked(var: Path) -> list[int]:
    mark = f"{MARK}={var}".encode()
    found = []
    for folder in processes.PROC.iterdir():
        if folder.name.isdecimal() and int(folder.name) != os.getpid():
            try:
                variables = (folder / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if mark in variables:
                found.append(int(folder.name))
    return found


def _recorded(told: dict[str, dict[str, Any]]) -> list[int]:
    return [
        int(one["pid"])
        for name, one in told.items()
        if name not in {"postgres", "valkey"}
        and one["birth"]
        and processes.birth(int(one["pid"])) == one["birth"]
    ]


def _end(pids: list[int]) -> None:
    marks = {pid: processes.birth(pid) for pid in pids}
    for pid in pids:
        processes.send(pid, signal.SIGTERM)
    patience = PATIENCE
    for pid, mark in marks.items():
        if not processes.wait_gone(pid, mark, patience):
            patience = 0.2
            processes.send(pid, signal.SIGKILL)
            processes.wait_gone(pid, mark, 2)
