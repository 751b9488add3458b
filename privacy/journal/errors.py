"""What can be wrong between journal and databases. None of it may ever read as "erased", and each says what to run."""

from __future__ import annotations

from privacy.errors import PrivacyError


class JournalError(PrivacyError):
    """Journal and database do not tell one story, so nothing starts, seals or erases."""


class JournalUnavailable(JournalError):
    """The journal cannot be read or written now."""


class JournalMissing(JournalError):
    """There is no journal where ERASURE_JOURNAL_URL says, though a database has marks of one."""


class JournalForeign(JournalError):
    """The journal is another installation's."""


class JournalDamaged(JournalError):
    """A line of the journal was altered, or months are missing between or before others."""


class JournalBehind(JournalError):
    """The database knows of erasures that the journal does not: it was cut short or rolled back."""


class DatabaseBehind(JournalError):
    """The journal knows of erasures that the database does not: it is an old copy."""


class ReplayImpossible(JournalError):
    """An erasure cannot be applied to this copy."""
