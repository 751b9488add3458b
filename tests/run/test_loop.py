"""The manager's loop with small children: output, ends, restarts, patience, and death with the parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from paasoo_portal.embedded import processes
from paasoo_portal.supervisor import child as child_module
from paasoo_portal.supervisor.child import Child, describe
from paasoo_portal.supervisor.console import Console
from paasoo_portal.supervisor.loop import STOP_SIGNALS, Loop, Stop

pytestmark = pytest.mark.process


class Screen(StringIO):
    """What the terminal shows."""

    def isatty(self) -> bool:
        return False


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def loop(tmp_path: Path, screen: Screen) -> Iterator[Loop]:
    before = {number: signal.getsignal(number) for number in (*STOP_SIGNALS, signal.SIGCHLD)}
    made = Loop(Console(tmp_path / "log", screen), lambda: None)
    yield made
    made.end(made.children, 0.1)
    signal.set_wakeup_fd(-1)
    for number, handler in before.items():
        signal.signal(number, handler)


def shell(name: str, script: str) -> Child:
    def launch(output: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["/bin/sh", "-c", script], stdout=output, stderr=output, start_new_session=True
        )

    return Child(name, launch, signal.SIGTERM)


def test_lines_come_under_their_childs_name(loop: Loop, screen: Screen) -> None:
    assert loop.run_step(shell("database", "echo one; echo two >&2; printf end")) == 0
    said = [line.split(None, 2)[1:] for line in screen.getvalue().splitlines()]
    assert said == [["database", "one"], ["database", "two"], ["database", "end"]]


def test_a_step_tells_how_it_ended(loop: Loop) -> None:
    assert loop.run_step(shell("demo", "exit 3")) == 3


def test_a_dead_child_is_started_again_after_growing_pauses(
    loop: Loop, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "FIRST_PAUSE", 0.01)
    loop.add(shell("web", "echo up; exit 1"))
    assert loop.wait_for(lambda: screen.getvalue().count(" up") >= 3, 10, 0.01)
    assert "web ended with code 1; starting it again in" in screen.getvalue()
    assert loop.children[0]._pause > child_module.FIRST_PAUSE


def test_what_a_killed_child_started_dies_with_it(loop: Loop, screen: Screen) -> None:
    loop.add(shell("web", "sleep 600 & echo worker $!; wait"))
    assert loop.wait_for(lambda: "worker" in screen.getvalue(), 5)
    orphan = int(screen.getvalue().split()[-1])
    os.kill(loop.children[0].pid or 0, signal.SIGKILL)
    assert loop.wait_for(lambda: processes.birth(orphan) is None, 5)
    assert "was killed by SIGKILL" in screen.getvalue()


def test_the_deaf_are_killed_when_patience_ends(loop: Loop, screen: Screen) -> None:
    deaf = shell("worker", "trap '' TERM; echo deaf; while :; do sleep 0.05; done")
    loop.add(deaf)
    assert loop.wait_for(lambda: "deaf" in screen.getvalue(), 5)
    began = time.monotonic()
    loop.end([deaf], 0.3)
    assert 0.3 <= time.monotonic() - began < 2
    assert deaf.process is None
    assert "did not stop in time" in screen.getvalue()


def test_nothing_is_started_again_while_stopping(loop: Loop, screen: Screen) -> None:
    one, other = shell("web", "sleep 600"), shell("beat", "sleep 600")
    loop.add(one)
    loop.add(other)
    loop.end([one], 2)
    os.kill(other.pid or 0, signal.SIGKILL)
    loop.wait_for(lambda: other.process is None, 5)
    assert "starting it again" not in screen.getvalue()
    assert other.restart_at is None


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_a_stop_signal_ends_the_turn(loop: Loop, number: signal.Signals) -> None:
    os.kill(os.getpid(), number)
    with pytest.raises(Stop):
        loop.turn(5)


def test_a_stop_during_a_step_ends_the_step(loop: Loop) -> None:
    step = shell("database", "kill -INT $PPID; sleep 600")
    with pytest.raises(Stop):
        loop.run_step(step)
    assert step.process is None


def test_a_child_that_cannot_be_started_is_tried_again(
    loop: Loop, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "FIRST_PAUSE", 0.01)
    child = shell("web", "echo up; sleep 600")
    loop.add(child)
    assert loop.wait_for(lambda: " up" in screen.getvalue(), 5)
    launch = child._launch

    def refuse(output: int) -> subprocess.Popen[bytes]:
        child._launch = launch
        raise OSError("no memory")

    child._launch = refuse
    os.kill(child.pid or 0, signal.SIGKILL)
    assert loop.wait_for(lambda: screen.getvalue().count(" up") == 2, 5)
    assert "web cannot be started (no memory)" in screen.getvalue()


def test_a_line_without_end_does_not_fill_the_memory(loop: Loop, screen: Screen) -> None:
    assert loop.run_step(shell("worker", "head -c 200000 /dev/zero | tr '\\0' x")) == 0
    assert max(map(len, screen.getvalue().splitlines())) < 3000


@pytest.mark.skipif(not processes.LINUX, reason="only Linux ties a child to its parent")
def test_children_die_with_a_killed_parent() -> None:
    script = textwrap.dedent("""
        import signal, subprocess, time
        from paasoo_portal.embedded import processes
        child = subprocess.Popen(["sleep", "600"], preexec_fn=processes.die_with_parent(signal.SIGTERM))
        print(child.pid, flush=True)
        time.sleep(600)
    """)
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    mark = processes.birth(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert processes.wait_gone(child, mark, 5)


def test_how_a_process_ended_in_words() -> None:
    assert [describe(code) for code in (0, 7, -9, -64)] == [
        "ended with code 0", "ended with code 7", "was killed by SIGKILL", "was killed by SIGRTMAX",
    ]  # fmt: skip
    assert describe(-99) == "was killed by signal 99"
