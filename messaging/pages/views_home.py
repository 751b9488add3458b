"""Home: today in figures, what failed last, what is erased next; a checklist until the first message."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db.models import Exists
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.billing.models import Balance
from accounts.mfa.required import KINDS
from accounts.models import ApiKey, Person
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
        funded = context["started"] or today.has_allowance(alias)
        context["erasures"] = today.next_erasures(alias, days)
        if sees:
            masked = not seat.may(Permission.SEE_NUMBERS)
            context["failures"] = today.last_failures(alias, account_id, days, masked=masked)
    if not context["started"]:
        context["steps"] = _first_steps(request, account_id, funded=funded)
    return render(request, "messaging/home.html", context)


def _first_steps(request: HttpRequest, account_id: UUID, *, funded: bool) -> dict[str, bool]:
    """Which of the first steps are done, in one query; `funded` is whether the region has something to spend."""
    found = (
        Person.objects.filter(pk=cast(Person, request.user).pk)
        .annotate(
            has_factor=Exists(Authenticator.objects.filter(user=request.user.pk, type__in=KINDS)),
            has_key=Exists(ApiKey.objects.filter(revoked_at=None)),
            has_balance=Exists(Balance.objects.filter(pk=account_id, amount__gt=0)),
        )
        .values("has_factor", "has_key", "has_balance")
        .get()
    )
    has_money = funded or found["has_balance"]
    return {"has_factor": found["has_factor"], "has_key": found["has_key"], "has_money": has_money}
