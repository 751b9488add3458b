"""The staff's first page: what waits, soonest due first, for whoever may look after it. Keeps P-RGT-2, P-RET-9."""

from __future__ import annotations

from typing import Any, Final

from django import template
from django.db.models import F

from paasoo_portal.core import clock, regions
from privacy.holds.models import LegalHold
from privacy.requests.models import RequestState, RightsRequest
from privacy.retention import runs

register = template.Library()
_SHOWN: Final = 8


@register.inclusion_tag("admin/desk.html", takes_context=True)
def desk(context: template.Context) -> dict[str, Any]:
    """The request queue, holds to look at again, and databases whose night's run is late; each by permission."""
    may = context["perms"]
    today = clock.today()
    found: dict[str, Any] = {"today": today}
    if may["privacy"]["view_rightsrequest"]:
        waiting = RightsRequest.objects.filter(state=RequestState.OPEN)
        found["requests"] = waiting.order_by("due_on", "pk")[:_SHOWN]
        found["request_count"] = waiting.count()
        found["overdue"] = waiting.filter(due_on__lt=today).count()
    if may["privacy"]["view_legalhold"]:
        in_force = LegalHold.objects.filter(released_at=None)
        found["holds"] = in_force.filter(review_on__lte=today).order_by(F("review_on").asc())[:_SHOWN]
        found["hold_count"] = in_force.count()
    if may["privacy"]["view_retentionrun"]:
        done = {alias: runs.last_done(alias, runs.ENFORCE) for alias in regions.aliases()}
        found["late"] = [alias for alias, run in done.items() if run is None or run.cutoff_on < today]
        found["databases"] = len(done)
    return found
