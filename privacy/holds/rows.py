"""Whether a legal hold keeps the rows of an account or of a person: whatever deletes rows by their age asks here.

A hold names classes of traffic; of the account's other rows it keeps all, for what was ordered to be preserved is told by
them. Keeps P-RET-9.
"""

from __future__ import annotations

from uuid import UUID

from privacy.holds import register
from privacy.holds.models import LegalHold


def is_kept(*, account_id: UUID | None = None, person_id: UUID | None = None) -> bool:
    """Holds are placed on accounts: a person's rows are kept where they are an account's that is held."""
    return account_id is not None and bool(register.in_force(account_id))


def any_in_force() -> bool:
    """Whether anything at all is held: mostly nothing is, and nobody need be asked about each."""
    return LegalHold.objects.filter(released_at=None).exists()
