"""Whether rows of the control plane have to wait for a hold, for whoever lets them go at the end of their rule."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from privacy.holds import register
from privacy.holds.models import Scope


def is_kept(*, account_id: UUID | None = None, person_id: UUID | None = None) -> bool:
    """Whether a hold covers all of the account, or the person. One on a single number keeps no row of either."""
    about = Q(pk=None)
    if account_id is not None:
        about |= Q(scope=Scope.ACCOUNT, account_id=account_id)
    if person_id is not None:
        about |= Q(scope=Scope.PERSON, person_id=person_id)
    return register.standing().filter(about).exists()
