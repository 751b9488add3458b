"""Publishing the policy."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from paasoo_portal.core import audit, clock
from privacy.policy.models import PolicyVersion


def judge(drafts: Sequence[PolicyVersion]) -> None:
    """Raises ValidationError for what would not be told truly: a change without a word on it, a day that is past."""
    for draft in drafts:
        if draft.material and not draft.changes.strip():
            raise ValidationError(_("Say what changed: everybody is told of a material change."))
        if draft.effective_on < clock.today():
            raise ValidationError(
                _("%(version)s would be in force from a day that is past; give it today’s or a later one.")
                % {"version": draft}
            )


@transaction.atomic
def publish(drafts: Sequence[PolicyVersion], *, actor_id: UUID | None) -> int:
    """In force from the day they name, and fixed from now on (P-POL-1). How many; raises ValidationError."""
    judge(drafts)
    ids = [draft.pk for draft in drafts]
    waiting = list(PolicyVersion.objects.select_for_update().filter(pk__in=ids, published_at=None))
    for draft in waiting:
        draft.published_at = clock.now()
        draft.save(update_fields=["published_at"])
        audit.record(
            audit.Event.POLICY_PUBLISHED,
            actor_id=actor_id,
            actor_kind="staff",
            version=draft.pk,
        )
    return len(waiting)
