"""An erasure as one transaction with its line in the journal: `with journal.erasing("messages", database=alias) as erasure:`.

What is erased is durable in the journal before the commit (an intent), and so is its mark in the same transaction; once
committed the journal says so (done), or else that nothing happened (void). A crash between intent and word is settled
later by the mark: see privacy.journal.settle. Keeps P-RET-7.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, connections, transaction

from paasoo_portal.core.faults import fault
from privacy.journal import marks
from privacy.journal.entries import DONE, INTENT, VOID
from privacy.journal.errors import JournalError
from privacy.journal.opened import journal

log = logging.getLogger(__name__)


class Erasure:
    """One erasure on its way. Without `intend` nothing was erased, and nothing is written."""

    def __init__(self, kind: str, database: str) -> None:
        self.kind, self.database = kind, database
        self.number = 0

    def intend(self, **facts: Any) -> None:
        """Say what goes: ids, dates and numbers alone. Inside the transaction, as its last act where possible."""
        if self.number:
            raise RuntimeError("An erasure is one line of the journal.")
        entry = journal().append(self.kind, INTENT, self.database, facts)
        assert entry is not None
        self.number = entry.number
        marks.leave(self.database, entry.number, journal().state().fingerprint, entry.digest)
        fault("journal.intended")

    def done(self) -> None:
        """After the commit. What cannot be written now is settled later: the mark stands."""
        fault("journal.committed")
        self._decide(DONE)

    def failed(self) -> None:
        """Unless it was committed in spite of the error (the connection may have broken at the commit itself)."""
        connection = connections[self.database]
        try:
            if not connection.in_atomic_block and self.number in marks.since(self.database, self.number):
                self._decide(DONE)
            else:
                self._decide(VOID)
        except DatabaseError:
            log.warning("an erasure is left undecided", extra={"database": self.database})

    def _decide(self, phase: str) -> None:
        try:
            journal().append(self.kind, phase, self.database, of=self.number)
        except JournalError as error:
            log.error("an erasure is left undecided", extra={"because": error.log})


@contextmanager
def erasing(kind: str, *, database: str, **facts: Any) -> Iterator[Erasure]:
    """Open (or join) the database's transaction, and journal what is erased in it.

    Give the facts at once, or by `intend` as soon as they are known. Raises JournalError: nothing is erased then.
    """
    erasure = Erasure(kind, database)
    try:
        with transaction.atomic(using=database):
            if facts:
                erasure.intend(**facts)
            yield erasure
    except BaseException:
        if erasure.number:
            erasure.failed()
        raise
    if erasure.number:
        transaction.on_commit(erasure.done, using=database)
