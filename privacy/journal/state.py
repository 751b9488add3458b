"""What the newest months of the journal come to: per database, which erasures are decided, and the epoch it reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from privacy.journal.entries import DONE, INTENT, MONTH, Entry

EPOCH: Final = "epoch"


@dataclass
class Known:
    """Of one database. `digests`, `phases` and `begun` (when, and of what kind) are of the months read; `last` is the newest decided erasure before them."""

    last: int = 0
    last_digest: str = ""
    epoch: int = 0
    series: str = ""
    digests: dict[int, str] = field(default_factory=dict)
    phases: dict[int, str] = field(default_factory=dict)
    begun: dict[int, tuple[datetime, str]] = field(default_factory=dict)
    epochs: dict[int, tuple[int, str]] = field(default_factory=dict)

    @property
    def happened(self) -> bool:
        """Whether anything of the database was ever committed."""
        return self.newest_done()[0] > 0

    def due(self, after: int) -> list[int]:
        """The erasures after a number that happened: their marks must stand in the database."""
        return [number for number, phase in self.phases.items() if phase == DONE and number >= after]

    def newest_done(self) -> tuple[int, str]:
        done = [number for number, phase in self.phases.items() if phase == DONE]
        return (max(done), self.digests.get(max(done), "")) if done else (self.last, self.last_digest)


@dataclass
class State:
    """`first` is the number with which the months read begin, `head` the newest."""

    fingerprint: str = ""
    first: int = 0
    head: int = 0
    digest: str = ""
    databases: dict[str, Known] = field(default_factory=dict)

    def of(self, database: str) -> Known:
        return self.databases.get(database) or Known()

    def fold(self, entry: Entry) -> None:
        self.head, self.digest = entry.number, entry.digest
        if entry.kind == MONTH:
            if not self.first:
                self._begin(entry)
            return
        known = self.databases.setdefault(entry.database, Known())
        if entry.phase == INTENT:
            known.digests[entry.number] = entry.digest
            known.phases[entry.number] = INTENT
            known.begun[entry.number] = entry.at, entry.kind
            if entry.kind == EPOCH:
                known.epochs[entry.number] = int(entry.facts["number"]), entry.facts["series"]
        # A mark in the database outweighs a word of failure: done may follow void, never the other way.
        elif known.phases.get(entry.of) != DONE:
            known.phases[entry.of] = entry.phase
            if entry.phase == DONE and entry.of in known.epochs:
                epoch, known.series = known.epochs[entry.of]
                known.epoch = max(known.epoch, epoch)

    def heads(self) -> dict[str, dict[str, Any]]:
        """For the first line of the next month, so that older ones need not be read."""
        told = {}
        for name, known in self.databases.items():
            last, digest = known.newest_done()
            told[name] = {"last": last, "digest": digest, "epoch": known.epoch, "series": known.series}
        return told

    def _begin(self, entry: Entry) -> None:
        self.first = entry.number
        self.fingerprint = entry.facts["journal"]
        for name, head in entry.facts["heads"].items():
            self.databases[name] = Known(head["last"], head["digest"], head["epoch"], head["series"])
