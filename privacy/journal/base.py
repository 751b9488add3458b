"""The journal as an interface, so that another back-end (an append-only bucket, say) can follow the folder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import date
from typing import Any

from privacy.journal.entries import Entry
from privacy.journal.state import State


class Journal(ABC):
    """Appending is durable when it returns, and serialised over all processes."""

    @abstractmethod
    def create(self) -> None:
        """Begin a journal where there is none; nothing when there is one. Raises JournalUnavailable."""

    @abstractmethod
    def exists(self) -> bool:
        """Whether there is anything of a journal, sound or not."""

    @abstractmethod
    def state(self) -> State:
        """The newest months, read up to now. Raises JournalMissing, JournalDamaged, JournalUnavailable."""

    @abstractmethod
    def append(
        self, kind: str, phase: str, database: str, facts: dict[str, Any] | None = None, *, of: int = 0
    ) -> Entry | None:
        """Append durably. None when `of` was decided so before. Raises as `state` does."""

    @abstractmethod
    def keep_text(self, digest: str, text: str) -> None:
        """Keep, durably and as long as the month, a text that a line names by its digest: ids, days and counts alone."""

    @abstractmethod
    def text(self, digest: str) -> str:
        """Raises ReplayImpossible when it is not there."""

    @abstractmethod
    def entries(self) -> Iterator[Entry]:
        """Everything from the oldest month kept, each line held against its predecessor. Raises as `state` does."""

    @abstractmethod
    def first(self) -> int:
        """The oldest number kept."""

    @abstractmethod
    def heads_before(self, day: date | None = None) -> dict[str, int]:
        """Each database's newest erasure before the oldest month kept, or before the one that `prune(day)` would keep."""

    @abstractmethod
    def prune(self, before: date) -> int:
        """Drop the months that ended before that day, never the newest; how many went."""
