"""Erasing at the customer's word: one message, or everything of one number, each with a page that says what goes first.

A number comes by POST and never stands in an address (decision 8). Keeps P-WHO-3, P-RET-7.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, page
from accounts.seats import Seat, sitting
from messaging.classic import ids
from messaging.erasure import end_users
from messaging.erasure.services import MOST, erase_messages
from messaging.messages.models import Message
from messaging.messages.states import FINAL
from messaging.pages import hidden
from messaging.pages import message as reading
from messaging.pages.filters import EndUserForm
from messaging.pages.views_log import session_of as _session
from messaging.rest.reading import details
from paasoo_portal.core import audit, clock, regions
from paasoo_portal.core.http.pages import ask_to_confirm, confirmed_recently
from paasoo_portal.core.ids import time_of
from paasoo_portal.core.tenancy import scope
from privacy.holds import register
from privacy.keys.promise import promise

EXPORT_AT_ONCE: Final = 1000


@dataclass(frozen=True)
class Found:
    """What a region holds of a number."""

    region: regions.Region
    ids: list[UUID]

    @property
    def first_at(self) -> Any:
        return time_of(self.ids[0])

    @property
    def last_at(self) -> Any:
        return time_of(self.ids[-1])


@page(Permission.ERASE_MESSAGES, scoped=False)
@require_http_methods(["GET", "HEAD", "POST"])
def message_erase(request: HttpRequest, region: str, message_id: UUID) -> HttpResponse:
    """What erasing this message means; by POST it goes."""
    seat = sitting(request)
    if region not in settings.REGIONS:
        raise Http404
    where = regions.get(region)
    with scope(seat.account_id, using=[where.alias]):
        row = reading.find(where, message_id)
    if row is None:
        raise Http404
    here = reverse("message", args=[region, message_id])
    if request.method == "POST":
        if not confirmed_recently(request):
            return ask_to_confirm(reverse("message_erase", args=[region, message_id]))
        if _erase(request, seat, where.alias, [message_id]):
            messages.success(
                request, _("The message is erased. Its certificate follows once its keys are made anew.")
            )
        else:
            messages.error(
                request, _("The message was not erased: it is on its way, or a legal hold preserves it.")
            )
        return redirect(here)
    context = {
        "section": "messages",
        "back": here,
        "reference": ids.encode(message_id),
        "final": row.state in FINAL,
        "held": bool(register.covered(seat.account_id, [time_of(message_id).date()])),
        "promise": promise(),
    }
    return render(request, "messaging/erase.html", context)


@page(Permission.ERASE_MESSAGES, scoped=False)
@require_http_methods(["GET", "HEAD", "POST"])
def end_user(request: HttpRequest) -> HttpResponse:
    """Everything of one number: `step` is nothing (find), "export" or "erase"."""
    seat = sitting(request)
    form = EndUserForm(_given(request, seat))
    if not form.is_bound or not form.is_valid():
        return render(request, "messaging/end_user.html", {"section": "messages", "form": form})
    asked = form.cleaned_data
    found = _find(seat, asked["number"], asked["first"], asked["last"])
    step = request.POST.get("step", "")
    if step in {"export", "erase"} and not confirmed_recently(request):
        return ask_to_confirm(f"{reverse('end_user')}?{_carried(request, seat, asked)}")
    if step == "export":
        return _export(request, seat, asked["number"], found)
    if step == "erase":
        erased = sum(len(_erase(request, seat, one.region.alias, one.ids)) for one in found)
        return _told(request, erased, sum(len(one.ids) for one in found) - erased)
    days = [time_of(one).date() for part in found for one in part.ids]
    context = {
        "section": "messages",
        "form": form,
        "asked": asked,
        "found": found,
        "total": len(days),
        "more": any(len(one.ids) >= MOST for one in found),
        "held": bool(register.covered(seat.account_id, days)),
        "promise": promise(),
    }
    return render(request, "messaging/end_user.html", context)


def _given(request: HttpRequest, seat: Seat) -> Any:
    """What was asked: by POST, or after a sign-in in between by an address in which the number is sealed."""
    if request.method == "POST":
        return request.POST
    token = request.GET.get("number", "")
    number = (
        hidden.reveal(token, session_key=_session(request), account_id=seat.account_id) if token else None
    )
    if not number:
        return None
    return {"number": number, "first": request.GET.get("first", ""), "last": request.GET.get("last", "")}


def _carried(request: HttpRequest, seat: Seat, asked: dict[str, Any]) -> str:
    token = hidden.hide(asked["number"], session_key=_session(request), account_id=seat.account_id)
    return urlencode({"number": token, "first": asked["first"], "last": asked["last"]})


def _find(seat: Seat, number: str, first: date, last: date) -> list[Found]:
    found: list[Found] = []
    for region in settings.REGIONS.values():
        if region.alias in {one.region.alias for one in found}:
            continue
        known = end_users.messages_of(region.alias, seat.account_id, number, first, last, limit=MOST)
        if known:
            found.append(Found(region, known))
    return found


def _erase(request: HttpRequest, seat: Seat, alias: str, wanted: list[UUID]) -> list[UUID]:
    return erase_messages(alias, seat.account_id, wanted, actor_id=request.user.pk, actor_kind="person")


def _told(request: HttpRequest, erased: int, left: int) -> HttpResponse:
    messages.success(
        request,
        ngettext(
            "%(count)d message is erased. Back-ups follow in the coming nights, with a certificate.",
            "%(count)d messages are erased. Back-ups follow in the coming nights, with a certificate.",
            erased,
        )
        % {"count": erased},
    )
    if left:
        messages.warning(
            request,
            ngettext(
                "%(count)d message is left: on its way, or preserved by a legal hold.",
                "%(count)d messages are left: on their way, or preserved by a legal hold.",
                left,
            )
            % {"count": left},
        )
    return redirect("end_user")


def _export(request: HttpRequest, seat: Seat, number: str, found: list[Found]) -> HttpResponse:
    """A file to hand to the person, of the shape that the API gives."""
    left, told = EXPORT_AT_ONCE, []
    for one in found:
        wanted = one.ids[:left]
        left -= len(wanted)
        if wanted:
            with scope(seat.account_id, using=[one.region.alias]):
                rows = Message.objects.using(one.region.alias).filter(
                    pk__in=wanted, pk__gte=wanted[0], pk__lte=wanted[-1]
                )
                told += details(one.region.alias, seat.account_id, list(rows.order_by("pk")))
    total = sum(len(one.ids) for one in found)
    with scope(seat.account_id):
        audit.record(
            audit.Event.MESSAGES_EXPORTED,
            account_id=seat.account_id,
            actor_id=request.user.pk,
            actor_kind="person",
            messages=len(told),
            by_number=True,
            complete=total <= EXPORT_AT_ONCE,
        )
    body = {
        "number": f"+{number}",
        "exported_at": clock.now().isoformat(),
        "complete": total <= EXPORT_AT_ONCE,
        "messages": told,
    }
    return HttpResponse(
        json.dumps(body, indent=2, ensure_ascii=False, default=str),
        content_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="end-user.json"', "Cache-Control": "no-store"},
    )
