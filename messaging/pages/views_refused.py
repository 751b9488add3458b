"""Refused API requests: newest first, each with the reason and the mend. Keeps P-SEC-5, P-RET-3."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.models import ApiKey
from accounts.permissions import Permission, page
from accounts.seats import sitting
from messaging.refusals.models import RefusedRequest, Surface
from messaging.refusals.reasons import REASONS
from paasoo_portal.core import regions
from paasoo_portal.core.days import DayPicker
from paasoo_portal.core.ids import time_of, uuid7_floor
from paasoo_portal.core.tenancy import scope
from privacy.catalogue.terms import THIRTY_DAYS

PAGE: Final = 40
_FIELDS: Final = ("region", "code", "day")


class RefusedForm(forms.Form):
    """Everything is optional; the region left out is the home region."""

    region = forms.ChoiceField(label=_("Region"), required=False)
    code = forms.ChoiceField(label=_("Reason"), required=False)
    day = DayPicker(label=_("Day (UTC)"))

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["region"].choices = [(code, _(found.name)) for code, found in settings.REGIONS.items()]  # type: ignore[attr-defined]
        reasons = [(reason.code, reason.title) for reason in REASONS.values()]
        self.fields["code"].choices = [("", _("All")), *reasons]  # type: ignore[attr-defined]


@page(Permission.SEE_REFUSED)
@require_safe
def refused(request: HttpRequest) -> HttpResponse:
    seat = sitting(request)
    given = {name: request.GET.get(name, "") for name in _FIELDS}
    given["region"] = given["region"] or seat.account.region
    form = RefusedForm(given)
    values: dict[str, Any] = form.cleaned_data if form.is_valid() else {"region": seat.account.region}
    region = regions.get(values["region"])
    with scope(seat.account.pk, using=[region.alias]):
        found = _find(region.alias, values.get("code", ""), values.get("day"), request.GET.get("before", ""))
    names = dict(ApiKey.objects.filter(pk__in={row.key_id for row in found}).values_list("pk", "name"))
    older = None
    if len(found) > PAGE:
        query = {**{name: value for name, value in given.items() if value}, "before": found[PAGE - 1].pk}
        older = f"{reverse('messages_refused')}?{urlencode(query)}"
    context = {
        "section": "messages",
        "form": form,
        "region": region,
        "rows": [_shown(row, names) for row in found[:PAGE]],
        "page": {"older": older},
        "filtered": any(request.GET.get(name) for name in ("code", "day")),
        "kept_days": THIRTY_DAYS.days,
    }
    return render(request, "messaging/refused.html", context)


def _find(alias: str, code: str, day: date | None, before: str) -> list[RefusedRequest]:
    """Needs the account's scope on the region."""
    rows = RefusedRequest.objects.using(alias)
    if code:
        rows = rows.filter(code=code)
    if day is not None:
        rows = rows.filter(id__gte=uuid7_floor(day), id__lt=uuid7_floor(day + timedelta(days=1)))
    try:
        rows = rows.filter(id__lt=UUID(before)) if before else rows
    except ValueError:
        pass  # a cursor that is none begins at the beginning
    return list(rows.order_by("-id")[: PAGE + 1])


def _shown(row: RefusedRequest, names: dict[UUID, str]) -> dict[str, Any]:
    return {
        "at": time_of(row.pk),
        "reason": REASONS.get(row.code),
        "code": row.code,
        "field": row.field,
        "surface": Surface(row.surface).label,
        "key": names.get(row.key_id, ""),
        "network": row.network,
    }
