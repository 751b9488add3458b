"""The manager's event loop: children's output, children's ends, restarts and the signals that say stop."""

from __future__ import annotations

import os
import selectors
import signal
import time
from collections.abc import Callable
from types import FrameType

from paasoo_portal.embedded import EmbeddedError
from paasoo_portal.supervisor.child import Child, describe
from paasoo_portal.supervisor.console import Console

TICK = 0.5
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop(Exception):
    """Somebody asked us to stop."""


class Loop:
    """Single-threaded on purpose: Linux ties "die with your parent" to the thread that started the child."""

    def __init__(self, console: Console, on_change: Callable[[], None]) -> None:
        self.console = console
        self.children: list[Child] = []
        self.stopping = False
        self.impatient = False
        self._on_change = on_change
        self._asked = 0
        self._selector = selectors.DefaultSelector()
        self._wake, writer = os.pipe()
        for end in (self._wake, writer):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for number in STOP_SIGNALS:
            signal.signal(number, self._on_stop)
        self._selector.register(self._wake, selectors.EVENT_READ, None)

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        self._asked += 1

    def add(self, child: Child, *, restarts: bool = True) -> None:
        """Start a child and, if it `restarts`, keep it running."""
        if restarts:
            self.children.append(child)
        self._start(child)

    def _start(self, child: Child) -> None:
        self._selector.register(child.start(), selectors.EVENT_READ, child)
        self._on_change()

    def turn(self, seconds: float = TICK) -> None:
        """Wait for something to happen, at most `seconds`, and see to it. Raises Stop when asked to stop."""
        for key, _ in self._selector.select(seconds):
            if key.data is None:
                self._drain_wake()
            else:
                self.pass_on(key.data)
        for child in self.children:
            self._see_to(child)
        if self._asked and not self.stopping:
            raise Stop
        self.impatient = self._asked > 1

    def pass_on(self, child: Child) -> None:
        """Write what the child said into the log."""
        descriptor = child.output
        for line in child.read():
            self.console.child(child.name, line)
        if child.output < 0:
            self._selector.unregister(descriptor)

    def finish(self, child: Child) -> int | None:
        """The child's exit code when it has ended, its last words logged."""
        code = child.ended()
        if code is not None:
            while child.output >= 0:
                self.pass_on(child)
            self._on_change()
        return code

    def _see_to(self, child: Child) -> None:
        code = self.finish(child)
        if code is not None and not self.stopping:
            pause = child.plan_restart()
            self.console.say(f"{child.name} {describe(code)}; starting it again in {pause:g} s")
        if child.restart_at is not None and time.monotonic() >= child.restart_at and not self.stopping:
            self._restart(child)

    def _restart(self, child: Child) -> None:
        try:
            self._start(child)
        except (EmbeddedError, OSError) as error:
            pause = child.plan_restart()
            self.console.say(f"{child.name} cannot be started ({error}); trying again in {pause:g} s")

    def run_step(self, child: Child) -> int:
        """Run a child to its end, once; returns its exit code. Says that it goes on while it is silent."""
        self.add(child, restarts=False)
        began = spoke = time.monotonic()
        try:
            while True:
                code = self.finish(child)
                if code is not None:
                    return code
                self.turn()
                if time.monotonic() - spoke > 10:
                    spoke = time.monotonic()
                    self.console.say(f"still working ({spoke - began:.0f} s)", child.name)
        except Stop:
            self.end([child], 5)
            raise

    def wait_for(self, condition: Callable[[], bool], seconds: float, pause: float = 0.1) -> bool:
        """Turn until the condition, asked every `pause` seconds, holds; False after `seconds`."""
        until = time.monotonic() + seconds
        while not condition():
            ask_again = time.monotonic() + pause
            while (left := ask_again - time.monotonic()) > 0:
                self.turn(left)
            if time.monotonic() > until:
                return False
        return True

    def end(self, children: list[Child], seconds: float) -> None:
        """Stop these children together: ask, wait, then by force."""
        self.stopping = True
        for child in children:
            child.ask_to_stop()
        until = time.monotonic() + seconds
        while any(child.process for child in children) and time.monotonic() < until and not self.impatient:
            self.turn(0.05)
            self._finish_steps(children)
        for child in children:
            if child.process is not None:
                self.console.say(f"{child.name} did not stop in time and is killed")
                child.kill_group()
        while any(child.process for child in children):
            self.turn(0.02)
            self._finish_steps(children)

    def _finish_steps(self, children: list[Child]) -> None:
        """The turn sees to the lasting children; a step's child is in nobody's list."""
        for child in children:
            self.finish(child)

    def _drain_wake(self) -> None:
        try:
            while os.read(self._wake, 4096):
                pass
        except BlockingIOError:
            pass
