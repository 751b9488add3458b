"""The test's end of the zygote: have children work, and learn how each ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent


class Nursery:
    """A zygote, started; `start` and `ended` may be interleaved at will. A context manager."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.clock_file = folder / "clock"
        self.answers = folder / "answers.jsonl"
        self.obituaries = folder / "obituaries"
        self.log = folder / "children.log"
        self._environment = os.environ | environment
        self._born = 0

    def __enter__(self) -> Nursery:
        self._output = self.log.open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.zygote", str(self.clock_file)],
            cwd=ROOT, env=self._environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._output,
        )  # fmt: skip
        assert self._read() == {"ready": True}, self.words()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()
        self._output.close()

    def start(self, lane: str, *, seed: int, points: str = "", fuse: float = 0, **given: Any) -> int:
        """Fork a child; its number."""
        self._born += 1
        command = {
            "id": self._born, "lane": lane, "seed": seed, "points": points, "fuse": fuse,
            "answers": str(self.answers), "obituaries": str(self.obituaries), "patience": 6, **given,
        }  # fmt: skip
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        self._process.stdin.flush()
        return self._born

    def ended(self) -> tuple[int, int]:
        """The next child that has ended, and its exit code (negative: the signal)."""
        told = self._read()
        return told["id"], told["code"]

    def died_at(self) -> Counter[str]:
        """How many died at each named point."""
        return Counter(self.obituaries.read_text().split() if self.obituaries.exists() else [])

    def words(self) -> str:
        """The end of what the children said."""
        return self.log.read_text(errors="replace")[-6000:]

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the zygote is gone:\n{self.words()}"
        told: dict[str, Any] = json.loads(line)
        return told

    def set_clock(self, offset_seconds: float) -> None:
        """The children's clock from now on."""
        fresh = self.clock_file.with_suffix(".new")
        fresh.write_text(str(offset_seconds))
        fresh.replace(self.clock_file)
        time.sleep(0.3)  # the test's own process has read the file a moment ago, perhaps
