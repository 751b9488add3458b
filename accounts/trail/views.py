"""The trail's page."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from accounts.permissions import Permission, page
from accounts.seats import sitting
from accounts.trail import selectors
from privacy.catalogue.terms import SECURITY_LOG


@page(Permission.SEE_AUDIT)
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    staff_only = request.GET.get("who") == "staff"
    found = selectors.trail(
        sitting(request).account_id,
        staff_only=staff_only,
        before=_number(request, "before"),
        after=_number(request, "after"),
    )
    context = {
        "section": "team",
        "tab": "audit",
        "entries": found.entries,
        "staff_only": staff_only,
        "kept": gettext(SECURITY_LOG.text),
        "page": {
            "older": _address("before", found.older, staff_only),
            "newer": _address("after", found.newer, staff_only),
        },
    }
    return render(request, "accounts/audit.html", context)


def _number(request: HttpRequest, name: str) -> int | None:
    """A number of the trail; anything else is as good as none."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _address(name: str, number: int | None, staff_only: bool) -> str:
    if number is None:
        return ""
    query = {name: str(number)} | ({"who": "staff"} if staff_only else {})
    return f"{reverse('audit')}?{urlencode(query)}"
