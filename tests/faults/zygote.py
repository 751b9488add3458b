"""A warm process that forks children: what starting Python and Django anew for each of five hundred deaths would cost.

It reads one JSON command a line, `{"id", "lane", "points", "seed", "fuse", …}`, forks a child that works on that lane,
and says `{"id", "code"}` when the child has ended. It holds no database connection and no thread, so that a child
begins as a process does. `python -m tests.faults.zygote CLOCK_FILE`.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

import django

from paasoo_portal.embedded import processes


class Zygote:
    """Single-threaded: children are forked from a quiet process."""

    def __init__(self) -> None:
        self._die = processes.die_with_parent(signal.SIGKILL)
        self._working: dict[int, int] = {}
        self._rest = b""
        self._reader, writer = os.pipe()
        for end in (self._reader, writer):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)

    def serve(self) -> None:
        """Until nobody listens any more."""
        _say({"ready": True})
        while True:
            ready, _, _ = select.select([0, self._reader], [], [])
            if self._reader in ready:
                os.read(self._reader, 4096)
                self._bury()
            if 0 in ready and not self._listen():
                return

    def _listen(self) -> bool:
        data = os.read(0, 1 << 20)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            command = json.loads(line)
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _live(command, self._die)
            self._working[pid] = command["id"]
        return bool(data)

    def _bury(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            _say({"id": self._working.pop(pid), "code": os.waitstatus_to_exitcode(status)})


def _live(command: dict[str, Any], die: Any) -> None:
    """A child's life: it dies at a named point, at a moment of its own, or when its work is done."""
    code = 1
    os.dup2(2, 1)  # what is said there is the zygote's
    try:
        if die is not None:
            die()
        from paasoo_portal.core import faults
        from tests.faults import lanes

        random.seed(command["seed"])
        os.environ["PAASOO_FAULTS"] = command["points"]
        faults._points = faults._read()
        faults.os = _Obituaries(command["obituaries"])
        if command["fuse"]:
            # Nobody handles it: the kernel ends the process wherever it stands, as `kill -9` does.
            signal.setitimer(signal.ITIMER_REAL, command["fuse"])
        lanes.work(command)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


class _Obituaries:
    """Stands in for `os` in faults.py, which asks for one thing of it: first write down where we die."""

    def __init__(self, path: str) -> None:
        self._path = path

    def _exit(self, code: int) -> None:
        name = sys._getframe(1).f_locals["name"]
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(handle, f"{name}\n".encode())
        os._exit(code)


def _say(told: dict[str, Any]) -> None:
    os.write(1, json.dumps(told).encode() + b"\n")


def main() -> None:
    django.setup()
    from django.conf import settings

    from messaging import numbers
    from tests.faults import lanes  # noqa: F401  warm in every child

    settings.CLOCK_FILE = Path(sys.argv[1])
    numbers.warm()
    Zygote().serve()


if __name__ == "__main__":
    main()
