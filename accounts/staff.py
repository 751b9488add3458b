"""Staff who look at somebody's data leave a record first; if it cannot be written, nothing is shown. Keeps
P-SEC-2.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest

from paasoo_portal.core import audit


def looked_at(
    request: HttpRequest, *, subject: UUID | str, what: str, account_id: UUID | None = None
) -> None:
    """Record a look, committed before this returns. `what` is an enum value of ours, never a person's words.

    Raises Http404 for a subject that is no id.
    """
    try:
        subject_id = subject if isinstance(subject, UUID) else UUID(subject)
    except ValueError:
        raise Http404 from None
    with transaction.atomic(durable=True):
        audit.record(
            audit.Event.STAFF_VIEWED,
            account_id=account_id,
            actor_id=request.user.pk,
            actor_kind="staff",
            subject_id=subject_id,
            what=what,
        )
