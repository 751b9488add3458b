"""The message log. Filters come by GET; a number comes by POST and travels on sealed (see `hidden`)."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import Permission, page
from accounts.seats import Seat, sitting
from messaging.pages import hidden, log
from messaging.pages.filters import LogFilterForm, NumberForm
from paasoo_portal.core import clock, regions
from paasoo_portal.core.tenancy import scope
from privacy.keys import DataClass
from privacy.retention.instructions import in_force

_CURSORS = ("before", "after")


@page(Permission.SEE_MESSAGES)
@require_safe
def message_log(request: HttpRequest) -> HttpResponse:
    seat = sitting(request)
    number = number_of(request, seat)
    if number is None:
        messages.warning(request, _("Your search for a number has ended. Enter the number again."))
        return redirect(url_of(request, number=None))
    form = LogFilterForm(without_cursor(request), home=seat.account.region)
    asked = form.asked(number)
    region = regions.get(asked.region)
    cursor = log.Cursor(*(_cursor(request, name) for name in _CURSORS))
    with scope(seat.account.pk, using=[region.alias]):
        masked = not seat.may(Permission.SEE_NUMBERS)
        days = in_force(seat.account.pk, DataClass.CONTENT, clock.now())
        found = log.read_page(seat.account.pk, asked, cursor, masked=masked, content_days=days)
        count = log.count(asked)
    context = {
        "section": "messages",
        "form": form,
        "number_form": NumberForm(),
        "number": number,
        "export": url_of(request, name="messages_export"),
        "without_number": url_of(request, number=None),
        "asked": asked,
        "region": region,
        "abroad": region.code != seat.account.region,
        "rows": found.rows,
        "count": count,
        "page": {
            "older": found.older and url_of(request, before=str(found.older)),
            "newer": found.newer and url_of(request, after=str(found.newer)),
        },
        "filtered": any(value for name, value in request.GET.items() if name not in _CURSORS),
    }
    return render(request, "messaging/log.html", context)


@page(Permission.SEE_NUMBERS)
@require_POST
def find_number(request: HttpRequest) -> HttpResponse:
    """Take the number out of the POST, and go to the log with it sealed; other filters stay as they are."""
    seat = sitting(request)
    form = NumberForm(request.POST)
    query = {name: value for name in LogFilterForm.base_fields if (value := request.POST.get(name))}
    if not form.is_valid():
        messages.error(request, " ".join(str(error) for error in form.errors["number"]))
        return redirect(f"{reverse('messages')}?{urlencode(query)}")
    query["number"] = hidden.hide(
        form.cleaned_data["number"],
        session_key=session_of(request),
        account_id=seat.account.pk,
    )
    return redirect(f"{reverse('messages')}?{urlencode(query)}")


def number_of(request: HttpRequest, seat: Seat) -> str | None:
    """The number searched for, "" without a search, None when the search has ended."""
    token = request.GET.get("number", "")
    if not token:
        return ""
    if not seat.may(Permission.SEE_NUMBERS):
        raise PermissionDenied
    return hidden.reveal(token, session_key=session_of(request), account_id=seat.account.pk)


def session_of(request: HttpRequest) -> str:
    return request.session.session_key or settings.SESSION_COOKIE_NAME


def without_cursor(request: HttpRequest) -> dict[str, str]:
    return {name: str(value) for name, value in request.GET.items() if name not in _CURSORS}


def _cursor(request: HttpRequest, name: str) -> UUID | None:
    try:
        return UUID(request.GET[name])
    except (KeyError, ValueError):
        return None


def url_of(request: HttpRequest, *, name: str = "messages", **changes: str | None) -> str:
    """The log's address with the present filters, changed; cursors never pile up."""
    query = without_cursor(request) | changes
    return f"{reverse(name)}?{urlencode({key: value for key, value in query.items() if value})}"
