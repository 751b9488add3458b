"""What is left to spend, and every movement of money, newest first. Keeps P-RET-4: movements stay seven years."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.billing.models import LedgerEntry, LedgerKind
from accounts.permissions import Permission, page
from accounts.seats import sitting
from messaging.allowance import services as allowance
from paasoo_portal.core.tenancy import scope

PAGE: Final = 40


@dataclass(frozen=True)
class Movement:
    """`about` is a reference of ours or of the payment, or for usage the region and its UTC day."""

    id: UUID
    at: datetime
    kind: str
    about: str
    day: date | None
    amount: Decimal


@page(Permission.SEE_SPEND, scoped=False)
@require_safe
def balance(request: HttpRequest) -> HttpResponse:
    account_id = sitting(request).account.pk
    with scope(account_id):
        found = _entries(request.GET.get("before", ""))
    older = f"?before={found[PAGE - 1].pk}" if len(found) > PAGE else None
    context = {
        "section": "home",
        "left": allowance.available(account_id),
        "movements": [_movement(entry) for entry in found[:PAGE]],
        "first": "before" not in request.GET,
        "page": {"older": older},
    }
    return render(request, "messaging/balance.html", context)


def _entries(before: str) -> list[LedgerEntry]:
    """Needs the account's scope. A cursor that is none begins at the beginning."""
    rows = LedgerEntry.objects.order_by("-at", "-pk")
    try:
        last = LedgerEntry.objects.filter(pk=UUID(before)).first() if before else None
    except ValueError:
        last = None
    if last is not None:
        rows = rows.filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk))
    return list(rows[: PAGE + 1])


def _movement(entry: LedgerEntry) -> Movement:
    about, day = entry.reference, None
    if entry.kind == LedgerKind.USAGE:
        alias, _sep, written = entry.reference.removeprefix("usage:").partition(":")
        region = settings.REGIONS.get(alias)
        about = region.label if region else _("a region")
        day = _day(written)
    return Movement(entry.pk, entry.at, str(LedgerKind(entry.kind).label), about, day, entry.amount)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
