"""The merged log: one readable line an event, the process's name before it, on the terminal and in a file."""

from __future__ import annotations

import os
import re
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TextIO

from paasoo_portal.core.logs import redact

NAME_WIDTH = 10
LARGEST_FILE = 20_000_000
KEPT_FILES = 3
# No file holds more than a month, so with those before it the log reaches back four months, and never a year (P-RET-3).
LONGEST_FILE = timedelta(days=30)
_COLOURS = {
    "postgres": 34, "valkey": 35, "web": 32, "dispatcher": 36, "worker": 33, "beat": 95, "database": 94, "demo": 94,
}  # fmt: skip
_STAMP = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z ")
_CONTROL = re.compile(r"\x1b\[[0-9;]*m|[\x00-\x08\x0b-\x1f\x7f]")


class Console:
    """Where every line goes. A child's line is redacted: PostgreSQL's and the servers' own never met our filter."""

    def __init__(self, log_dir: Path, stream: TextIO | None = None) -> None:
        self._stream: TextIO | None = sys.stdout if stream is None else stream
        self._colour = self._stream.isatty() and "NO_COLOR" not in os.environ
        log_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = log_dir / "paasoo.log"
        self._open(datetime.now(UTC).date())

    def child(self, name: str, text: str) -> None:
        """A line that a child wrote."""
        clean = redact(_CONTROL.sub("", _STAMP.sub("", text)).rstrip())
        if clean:
            self.say(clean, name)

    def say(self, text: str, name: str = "paasoo") -> None:
        """A line of our own, or one already clean."""
        now = datetime.now(UTC)  # the log of the machine: what the product's clock says does not matter here
        if now.date() != self._day:
            self._file.close()
            self._open(now.date())
        label = name.ljust(NAME_WIDTH)
        self._write_file(f"{now:%Y-%m-%dT%H:%M:%SZ} {label} {text}\n")
        stamp = f"{now.astimezone():%H:%M:%S}"
        shown = f"\x1b[{_COLOURS.get(name, 1)}m{label}\x1b[0m" if self._colour else label
        self._write(f"{stamp} {shown} {text}\n")

    def show(self, text: str) -> None:
        """Text for the terminal alone: it may hold secrets of the demo, which no log keeps."""
        self._write(text + "\n")

    def _open(self, day: date) -> None:
        """The file to go on with; looked at once a day, for a portal may run for months."""
        self._day = day
        _rotate(self.path, day)
        self._file = os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a")

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            self._stream = None  # the terminal is gone; the file goes on

    def _write_file(self, text: str) -> None:
        try:
            self._file.write(text)
            self._file.flush()
        except OSError:
            pass  # a full disk must not stop the manager from stopping its children


def _rotate(path: Path, day: date) -> None:
    if not path.exists() or (
        path.stat().st_size < LARGEST_FILE and day - _began_on(path, day) < LONGEST_FILE
    ):
        return
    for number in range(KEPT_FILES, 0, -1):
        older = path.with_suffix(f".log.{number}")
        newer = path if number == 1 else path.with_suffix(f".log.{number - 1}")
        if newer.exists():
            newer.replace(older)


def _began_on(path: Path, day: date) -> date:
    """The day of the file's first line; `day` for one that has none."""
    with path.open(encoding="utf-8", errors="replace") as file:
        try:
            return date.fromisoformat(file.readline(10))
        except ValueError:
            return day
