"""One child of the manager: started, its output read, ended with everything it started itself."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable

from paasoo_portal.embedded import processes

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
LONGEST_LINE = 2048


class Child:
    """A process that is wanted to run. `launch` starts it, with both of its outputs going to the descriptor given.

    Every child leads a process group, so that nothing it started outlives it.
    """

    def __init__(self, name: str, launch: Callable[[int], subprocess.Popen[bytes]], stop_signal: int) -> None:
        self.name = name
        self.stop_signal = stop_signal
        self.process: subprocess.Popen[bytes] | None = None
        self.output = -1
        self.restart_at: float | None = None
        self._launch = launch
        self._pause = FIRST_PAUSE
        self._started = 0.0
        self._rest = b""

    @property
    def pid(self) -> int | None:
        return None if self.process is None else self.process.pid

    def start(self) -> int:
        """Start it; returns the descriptor to read its output from."""
        reader, writer = os.pipe()
        try:
            self.process = self._launch(writer)
        except BaseException:
            os.close(reader)
            raise
        finally:
            os.close(writer)
        os.set_blocking(reader, False)
        self.output, self.restart_at, self._started = reader, None, time.monotonic()
        return reader

    def read(self) -> list[str]:
        """The whole lines that came; at the end of the output, its last piece, and `output` becomes -1."""
        try:
            data = os.read(self.output, 65536)
        except BlockingIOError:
            return []
        if not data:
            self.close_output()
        *lines, self._rest = (self._rest + data).split(b"\n")
        if self._rest and (not data or len(self._rest) > LONGEST_LINE):
            lines, self._rest = [*lines, self._rest], b""
        return [line[:LONGEST_LINE].decode(errors="replace") for line in lines]

    def close_output(self) -> None:
        if self.output >= 0:
            os.close(self.output)
            self.output = -1

    def ended(self) -> int | None:
        """The exit code, once, when it has ended; what it started itself is ended with it."""
        if self.process is None or processes.birth(self.process.pid) is not None:
            return None
        # While the dead leader is not yet waited for, nobody else can have its number.
        self.kill_group()
        code = self.process.wait()
        self.process = None
        return code

    def plan_restart(self) -> float:
        """Have it started again after a pause that doubles while it keeps dying; returns the pause in seconds."""
        if time.monotonic() - self._started > STEADY_SECONDS:
            self._pause = FIRST_PAUSE
        pause, self._pause = self._pause, min(self._pause * 2, LONGEST_PAUSE)
        self.restart_at = time.monotonic() + pause
        return pause

    def ask_to_stop(self) -> None:
        if self.process is not None:
            processes.send(self.process.pid, self.stop_signal)

    def kill_group(self) -> None:
        if self.process is not None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass  # nobody is left in it (macOS says so by refusing)


def describe(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"
