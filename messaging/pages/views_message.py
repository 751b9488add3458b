"""One message. An id of nobody or of another account is the same 404; what was erased says so and stays."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import ApiKey
from accounts.permissions import Permission, page
from accounts.seats import sitting
from messaging.classic import ids
from messaging.erasure.services import of_message
from messaging.messages.states import FINAL
from messaging.pages import message as reading
from paasoo_portal.core import regions
from paasoo_portal.core.ids import time_of
from paasoo_portal.core.tenancy import scope
from privacy.floors import register as floors
from privacy.holds import register


@page(Permission.SEE_MESSAGES)
@require_safe
def message(request: HttpRequest, region: str, message_id: UUID) -> HttpResponse:
    seat = sitting(request)
    where = _region(region)
    with scope(seat.account.pk, using=[where.alias]):
        row = reading.find(where, message_id)
        if row is None:
            return _gone_or_missing(request, where, message_id)
        shown = reading.view_of(
            seat.account.pk,
            where,
            row,
            masked=not seat.may(Permission.SEE_NUMBERS),
            withheld=not seat.may(Permission.SEE_CONTENT),
        )
    key = ApiKey.objects.filter(pk=row.api_key_id).first() if row.api_key_id else None
    context = {
        "section": "messages",
        "message": shown,
        "reference": ids.encode(message_id),
        "api_key": key,
        "held": bool(register.covered(seat.account.pk, [time_of(message_id).date()])),
        "floored": bool(floors.covered([time_of(message_id).date()])),
        "abroad": where.code != seat.account.region,
    }
    return render(request, "messaging/message.html", context)


@page(Permission.SEE_MESSAGES)
@require_safe
def steps(request: HttpRequest, region: str, message_id: UUID) -> HttpResponse:
    """The timeline alone, asked for again by the page while the state may still change."""
    seat = sitting(request)
    where = _region(region)
    with scope(seat.account.pk, using=[where.alias]):
        row = reading.find(where, message_id)
        if row is None:
            raise Http404
        context = {"steps": reading.steps_of(where.alias, row)}
    response = render(request, "messaging/steps.html", context)
    if row.state in FINAL:
        response["X-Final"] = "1"
    return response


def _gone_or_missing(request: HttpRequest, where: regions.Region, message_id: UUID) -> HttpResponse:
    erased = of_message(where.alias, message_id)
    if erased is not None:
        context = {"section": "messages", "erased": erased, "reference": ids.encode(message_id)}
        return render(request, "messaging/erased_one.html", context, status=410)
    day = reading.swept(where, message_id)
    if day is None:
        raise Http404
    certificates = reading.certificates_of_day(where, day)
    context = {
        "section": "messages",
        "day": day,
        "region": where,
        "certificates": certificates,
    }
    return render(request, "messaging/erased.html", context, status=410)


def _region(code: str) -> regions.Region:
    if code not in settings.REGIONS:
        raise Http404
    return regions.get(code)
