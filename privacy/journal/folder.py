"""The journal as a folder of files, one a month: `journal-2026-11.jsonl`. Meant to lie on another volume than the databases.

Each month's first line names the journal, its predecessor's digest and what was known by then, so a start reads two
months at most. A crash may leave a torn line; the next line follows the last whole one, so the chain tells it from an
altered one.
"""

from __future__ import annotations

import fcntl
import json
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from paasoo_portal.core import clock
from privacy import files
from privacy.journal.base import Journal
from privacy.journal.entries import DONE, MONTH, NOTHING_BEFORE, Entry, decode, encode
from privacy.journal.errors import JournalDamaged, JournalMissing, JournalUnavailable, ReplayImpossible
from privacy.journal.state import State

_NAME: Final = re.compile(r"journal-(\d{4}-\d{2})\.jsonl")
# A restored copy is compared by this month and the one before; older erasures show by the first line's heads.
_MONTHS_READ: Final = 2
# Long enough for the digest at the end of a line.
_TAIL_BYTES: Final = 80
_TEXT: Final = re.compile(rb'\{"digest": "([0-9a-f]{64})", "text": "')


class FolderJournal(Journal):
    """Thread-safe; processes take turns by a lock on a file."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.RLock()
        self._texts: dict[str, tuple[Path, int]] = {}
        self._forget()

    def create(self) -> None:
        with self._alone():
            if not self.exists():
                facts = {"journal": secrets.token_hex(32), "heads": {}}
                self._write_month(f"{clock.today():%Y-%m}", 1, NOTHING_BEFORE, facts)

    def exists(self) -> bool:
        return self.root.is_dir() and bool(self._months())

    def state(self) -> State:
        with self._lock, _loud("read"):
            self._refresh()
            return self._state

    def append(
        self, kind: str, phase: str, database: str, facts: dict[str, Any] | None = None, *, of: int = 0
    ) -> Entry | None:
        if not self.exists():
            raise JournalMissing("there is no erasure journal where ERASURE_JOURNAL_URL says")
        with self._alone():
            self._refresh()
            if of and self._state.of(database).phases.get(of) in {DONE, phase}:
                return None
            self._turn_month()
            entry = Entry(
                self._state.head + 1, clock.now(), kind, phase, database, self._state.digest, of, facts or {}
            )
            line, digest = encode(entry)
            files.append_line(self._file(self._read_month), line)
            self._refresh()
            if self._state.digest != digest:
                raise JournalUnavailable(f"line {entry.number} of the journal reads back differently")
            return replace(entry, digest=digest)

    def keep_text(self, digest: str, text: str) -> None:
        """In files of their own: a start reads the journal and needs none of them."""
        line = json.dumps({"digest": digest, "text": text}).encode()
        with self._alone():
            files.append_line(self.root / f"texts-{clock.today():%Y-%m}.jsonl", line)

    def text(self, digest: str) -> str:
        with self._lock, _loud("read"):
            if digest not in self._texts:
                self._index_texts()
            if digest not in self._texts:
                raise ReplayImpossible(f"the journal has lost the text with the digest {digest}")
            path, offset = self._texts[digest]
            with path.open("rb") as file:
                file.seek(offset)
                return str(json.loads(file.readline())["text"])

    def entries(self) -> Iterator[Entry]:
        previous = None
        with self._lock, _loud("read"):
            months = self._months()
        for month in months:
            for entry in _whole_lines(self._file(month).read_bytes()):
                _follows(entry, previous)
                previous = entry
                if entry.kind != MONTH:
                    yield entry

    def first(self) -> int:
        return self._first_of(self._existing_months()[0]).number

    def heads_before(self, day: date | None = None) -> dict[str, int]:
        oldest = self._existing_months()[0] if day is None else self._kept(day)[0]
        return {name: head["last"] for name, head in self._first_of(oldest).facts["heads"].items()}

    def prune(self, before: date) -> int:
        kept = self._kept(before)
        with self._alone():
            gone = [month for month in self._months() if month < kept[0]]
            for month in gone:
                self._file(month).unlink()
            for path in self.root.glob("texts-*.jsonl"):
                if path.stem.removeprefix("texts-") < kept[0]:
                    path.unlink()
            files.sync_folder(self.root)
            self._forget()
        return len(gone)

    # --- Reading -----------------------------------------------------------------------------------------------

    def _forget(self) -> None:
        self._state = State()
        self._read_month, self._offset, self._tail = "", 0, b""
        self._last: Entry | None = None

    def _refresh(self) -> None:
        months = self._existing_months()
        if self._read_month and not self._goes_on(months):
            self._forget()
        try:
            for month in [one for one in months[-_MONTHS_READ:] if one >= self._read_month]:
                self._read(month)
        except JournalDamaged:
            self._forget()
            raise

    def _goes_on(self, months: list[str]) -> bool:
        """Whether what was read is still the beginning of what is there."""
        if self._read_month not in months:
            return False
        with self._file(self._read_month).open("rb") as file:
            file.seek(self._offset - len(self._tail))
            return file.read(len(self._tail)) == self._tail

    def _read(self, month: str) -> None:
        path = self._file(month)
        if month != self._read_month:
            self._read_month, self._offset, self._tail = month, 0, b""
        with path.open("rb") as file:
            file.seek(self._offset)
            content = file.read()
        at_start = self._offset == 0
        # What has no end yet is being written by another process, or was torn by a crash: it is looked at again.
        whole = content[: content.rfind(b"\n") + 1]
        for entry in _whole_lines(whole):
            if at_start and entry.kind != MONTH:
                break
            at_start = False
            _follows(entry, self._last)
            self._last = entry
            self._state.fold(entry)
        if at_start:
            raise JournalDamaged(f"month {month} of the journal does not begin as one: it was emptied or cut")
        self._offset += len(whole)
        self._tail = whole[-_TAIL_BYTES:] or self._tail

    def _months(self) -> list[str]:
        return sorted(match[1] for path in self.root.iterdir() if (match := _NAME.fullmatch(path.name)))

    def _existing_months(self) -> list[str]:
        if not self.exists():
            raise JournalMissing("there is no erasure journal where ERASURE_JOURNAL_URL says")
        return self._months()

    def _kept(self, before: date) -> list[str]:
        months = self._existing_months()
        return [month for month in months if month >= f"{before:%Y-%m}"] or months[-1:]

    def _first_of(self, month: str) -> Entry:
        with _loud("read"), self._file(month).open("rb") as file:
            entry = decode(file.readline().rstrip(b"\n"))
        if entry is None or entry.kind != MONTH:
            raise JournalDamaged(f"month {month} of the journal does not begin as one: it was emptied or cut")
        return entry

    def _file(self, month: str) -> Path:
        return self.root / f"journal-{month}.jsonl"

    def _index_texts(self) -> None:
        self._texts = {}
        for path in sorted(self.root.glob("texts-*.jsonl")):
            with path.open("rb") as file:
                offset = 0
                for line in file:
                    match = _TEXT.match(line)
                    if match is not None:
                        self._texts[match[1].decode()] = path, offset
                    offset += len(line)

    # --- Writing -----------------------------------------------------------------------------------------------

    def _turn_month(self) -> None:
        """The clock may stand before the newest month; months only go on."""
        month = f"{clock.today():%Y-%m}"
        if month > self._read_month:
            state = self._state
            facts = {"journal": state.fingerprint, "heads": state.heads()}
            self._write_month(month, state.head + 1, state.digest, facts)
            self._refresh()

    def _write_month(self, month: str, number: int, previous: str, facts: dict[str, Any]) -> None:
        first = Entry(number, clock.now(), MONTH, DONE, "", previous, 0, facts)
        files.write_new(self._file(month), encode(first)[0] + b"\n")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._lock, _loud("write"):
            files.make_folder(self.root)
            with (self.root / "lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield


def _whole_lines(content: bytes) -> Iterator[Entry]:
    """What is no whole entry is passed over: if it was one, its successor does not fit any more."""
    for line in content.split(b"\n"):
        entry = decode(line)
        if entry is not None:
            yield entry


def _follows(entry: Entry, previous: Entry | None) -> None:
    """Raises JournalDamaged unless the entry follows; the first month kept may follow what was pruned."""
    if previous is None:
        fits = entry.kind == MONTH
    else:
        fits = entry.number == previous.number + 1 and entry.previous == previous.digest
    if not fits:
        raise JournalDamaged(f"line {entry.number} of the journal does not follow what stands before it")


@contextmanager
def _loud(doing: str) -> Iterator[None]:
    """Any error of the operating system is JournalUnavailable, with the path left out."""
    try:
        yield
    except OSError as error:
        raise JournalUnavailable(f"journal {doing}: {error.strerror or type(error).__name__}") from error
