"""The staff's first page: what waits, soonest due first, for whoever may look after it. Keeps P-RGT-2, P-RET-9."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from django import template
from django.db.models import F, Q

from paasoo_portal.core import clock, regions
from privacy.alarms.models import Alarm, Kind, gravest_first
from privacy.cases.models import Case
from privacy.disclosure.models import Extract, ExtractState, Order
from privacy.exports import returns as returning
from privacy.holds.models import LegalHold
from privacy.requests.models import RequestState, RightsRequest
from privacy.retention import runs

register = template.Library()
_SHOWN: Final = 8
# A case that ends so soon is extended now or not at all.
_CASE_SOON: Final = timedelta(days=3)


@register.inclusion_tag("admin/desk.html", takes_context=True)
def desk(context: template.Context) -> dict[str, Any]:
    """Alarms, the request queue, returns that could not be made, orders, holds that wait for somebody, extracts to
    release, cases about to end, and databases whose night's run is not done; each by permission.
    """
    may = context["perms"]
    today = clock.today()
    found: dict[str, Any] = {"today": today}
    if may["privacy"]["view_rightsrequest"]:
        waiting = RightsRequest.objects.filter(state=RequestState.OPEN)
        found["requests"] = waiting.order_by("due_on", "pk")[:_SHOWN]
        found["request_count"] = waiting.count()
        found["overdue"] = waiting.filter(due_on__lt=today).count()
        found["returns"] = returning.troubled()[:_SHOWN]
    if may["privacy"]["view_legalhold"]:
        in_force = LegalHold.objects.filter(released_at=None)
        undecided = Q(confirmed_at=None) | Q(release_asked_at__isnull=False)
        found["holds"] = in_force.filter(undecided | Q(review_on__lte=today)).order_by(F("review_on").asc())[
            :_SHOWN
        ]
        found["hold_count"] = in_force.count()
    if may["privacy"]["view_order"]:
        orders = Order.objects.filter(closed_at=None)
        found["orders"] = orders.order_by("answer_by", "pk")[:_SHOWN]
    if may["privacy"]["change_extract"]:
        found["extracts"] = Extract.objects.filter(state=ExtractState.READY).order_by("prepared_at")[:_SHOWN]
    if may["privacy"]["view_case"]:
        soon = today + _CASE_SOON
        found["cases"] = Case.objects.filter(closed_at=None, ends_on__gt=today, ends_on__lte=soon).order_by(
            "ends_on"
        )[:_SHOWN]
    if may["privacy"]["view_retentionrun"]:
        done = runs.last_done_everywhere(runs.ENFORCE)
        ringing = sorted(Alarm.objects.filter(ended_at=None), key=gravest_first)
        said = {one.database for one in ringing if one.what is Kind.ENFORCEMENT}
        found["alarms"] = ringing[:_SHOWN]
        behind = [one for one in regions.aliases() if done.get(one, date.min) < today]
        found["behind"] = len(behind)
        found["late"] = [one for one in behind if one not in said]
        found["databases"] = len(regions.aliases())
    return found
