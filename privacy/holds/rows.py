"""Whether a legal hold keeps the rows of an account or of a person: whatever deletes rows by their age asks here.

A hold on a whole account names classes of traffic; of its other rows it keeps all, for what was ordered to be preserved is
told by them. One on a single number keeps no row of either. Keeps P-RET-9.
"""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from privacy.holds import register
from privacy.holds.models import Scope


def is_kept(*, account_id: UUID | None = None, person_id: UUID | None = None) -> bool:
    """Whether a hold covers all of the account, or the person."""
    about = Q(pk=None)
    if account_id is not None:
        about |= Q(scope=Scope.ACCOUNT, account_id=account_id)
    if person_id is not None:
        about |= Q(scope=Scope.PERSON, person_id=person_id)
    return register.standing().filter(about).exists()


def any_in_force() -> bool:
    """Whether anything at all is held: mostly nothing is, and nobody need be asked about each."""
    return register.standing().exists()
