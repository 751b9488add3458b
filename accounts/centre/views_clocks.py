"""The periods that run, for everybody, from the rows that make them run. Keeps P-RGT-2, P-RET-11."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from paasoo_portal.core import clock, regions
from privacy.clocks import register
from privacy.clocks.models import LegalClock


@dataclass(frozen=True)
class Row:
    label: str
    period: str
    where: str
    since: date
    reason: str


@require_safe
def privacy_clocks(request: HttpRequest) -> HttpResponse:
    to_come = LegalClock.objects.filter(effective_on__gt=clock.today()).order_by("effective_on", "kind")
    context = {
        "section": "privacy",
        "rows": [_row(one) for one in register.shown()],
        "coming": [_row(one) for one in to_come],
    }
    return render(request, "centre/clocks.html", context)


def _row(one: LegalClock) -> Row:
    where = regions.get(one.region).label if one.region else _("everywhere")
    return Row(one.get_kind_display(), register.span_of(one).text, where, one.effective_on, _(one.reason))
