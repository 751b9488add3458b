"""The erasure journal: what was erased, by ids and dates alone, outside every database.

An old copy of a database does not know what was erased after it was taken; the journal does. Use this module's names.
"""

from privacy.journal.erasing import Erasure, erasing
from privacy.journal.errors import (
    DatabaseBehind,
    JournalBehind,
    JournalDamaged,
    JournalError,
    JournalForeign,
    JournalMissing,
    JournalUnavailable,
    ReplayImpossible,
)
from privacy.journal.guard import check, enrol, known_epoch, knows
from privacy.journal.opened import journal

__all__ = [
    "DatabaseBehind",
    "Erasure",
    "JournalBehind",
    "JournalDamaged",
    "JournalError",
    "JournalForeign",
    "JournalMissing",
    "JournalUnavailable",
    "ReplayImpossible",
    "check",
    "enrol",
    "erasing",
    "journal",
    "known_epoch",
    "knows",
]
