"""Home: today in figures, what failed last, what is erased next; a checklist until the first message."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import ApiKey
from accounts.permissions import Permission, page
from accounts.seats import sitting
from messaging.pages import today
from messaging.usage.selectors import last_days
from paasoo_portal.core import clock, regions
from paasoo_portal.core.tenancy import scope


@page(Permission.MEMBER)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    seat = sitting(request)
    region = regions.get(seat.account.region)
    account_id, alias = seat.account.pk, region.alias
    sees = seat.may(Permission.SEE_MESSAGES)
    context: dict[str, Any] = {
        "section": "home",
        "region": region,
        "day": clock.today(),
        "sees": sees,
    }
    days = today.kept_days(account_id)
    with scope(account_id, using=[alias]):
        month = last_days(alias, today.CHART_DAYS)
        total = month[-1]
        context |= {"total": total, "delivered_percent": today.delivered_percent(total)}
        context["traffic"] = today.traffic(month)
        context["started"] = today.has_sent(alias)
        context["erasures"] = today.next_erasures(alias, days)
        if sees:
            masked = not seat.may(Permission.SEE_NUMBERS)
            context["failures"] = today.last_failures(alias, account_id, days, masked=masked)
    context["has_key"] = ApiKey.objects.filter(revoked_at=None).exists()
    return render(request, "messaging/home.html", context)
