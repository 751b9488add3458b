"""Retention: look, change (preview, recent authentication, grace period), take back; and certificates to
print.

Keeps P-RET-1, P-RET-2, P-RET-7.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from paasoo_portal.core.http.pages import ask_to_confirm, confirmed_recently, page, seat
from privacy.disclosure import services as disclosure
from privacy.holds import register
from privacy.pages import certificate as reading
from privacy.pages import preview, selectors
from privacy.pages.forms import InstructionForm
from privacy.pages.selectors import ClassShown
from privacy.retention import instructions


@page("see_retention")
@require_safe
def retention(request: HttpRequest) -> HttpResponse:
    account_id = seat(request).account_id
    context = {
        "section": "privacy",
        "classes": selectors.classes_shown(account_id),
        "history": selectors.history_shown(account_id),
        "holds": register.shown(account_id),
        "orders": disclosure.told(account_id),
        "cases": selectors.cases_shown(account_id),
        "grace_hours": int(instructions.GRACE.total_seconds() // 3600),
    }
    return render(request, "privacy/retention.html", context)


@page("instruct_retention")
@require_http_methods(["GET", "HEAD", "POST"])
def retention_change(request: HttpRequest, slug: str) -> HttpResponse:
    """The form; with `days` in the address the preview of what goes; by POST the instruction itself."""
    shown = _class(request, slug)
    data = request.POST if request.method == "POST" else request.GET if "days" in request.GET else None
    form = InstructionForm(data, bound=shown.bound, now=shown.days)
    if data is None or not form.is_valid():
        return render(request, "privacy/retention_change.html", _context(shown) | {"form": form})
    days = form.cleaned_data["days"]
    if request.method == "POST":
        return _instruct(request, shown, form, days)
    return _preview(request, shown, form, days)


@page("instruct_retention")
@require_POST
def retention_cancel(request: HttpRequest, slug: str) -> HttpResponse:
    shown = _class(request, slug)
    if shown.pending is None:
        messages.error(request, _("There is no change left to cancel."))
        return redirect("retention")
    try:
        instructions.cancel(
            account_id=seat(request).account_id, instruction_id=shown.pending.pk, person_id=request.user.pk
        )
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("The change is cancelled. Nothing was erased by it."))
    return redirect("retention")


@page("see_certificates")
@require_safe
def certificates(request: HttpRequest) -> HttpResponse:
    rows = selectors.certificates_shown(seat(request).account_id)
    return render(request, "privacy/certificates.html", {"section": "privacy", "certificates": rows})


@page("see_certificates")
@require_safe
def certificate(request: HttpRequest, certificate_id: UUID) -> HttpResponse:
    row = reading.of_account(certificate_id, seat(request).account_id)
    if row is None:
        raise Http404
    context = {"section": "privacy", "certificate": reading.read(row)}
    return render(request, "privacy/certificate.html", context)


def _preview(request: HttpRequest, shown: ClassShown, form: InstructionForm, days: int) -> HttpResponse:
    account_id = seat(request).account_id
    context = _context(shown) | {
        "form": form,
        "days": days,
        "shorter": days < shown.days,
        "preview": preview.of(account_id, shown.data_class, days) if days < shown.days else None,
        "outlives": preview.content_outlives_number(account_id, shown.data_class, days),
    }
    return render(request, "privacy/retention_preview.html", context)


def _instruct(request: HttpRequest, shown: ClassShown, form: InstructionForm, days: int) -> HttpResponse:
    if not confirmed_recently(request):
        return ask_to_confirm(f"{reverse('retention_change', args=[shown.slug])}?days={days}")
    try:
        instructions.instruct(
            account_id=seat(request).account_id,
            data_class=shown.data_class,
            days=days,
            person_id=request.user.pk,
            knowingly=request.POST.get("knowingly") == "on",
        )
    except ValidationError as refusal:
        form.add_error("days", refusal.messages)
        return render(request, "privacy/retention_change.html", _context(shown) | {"form": form})
    if days < shown.days:
        text = _("Recorded. It takes effect after the grace period, and you can cancel it until then.")
    else:
        text = _("Recorded. It holds for what is sent and received from now on.")
    messages.success(request, text)
    return redirect("retention")


def _class(request: HttpRequest, slug: str) -> ClassShown:
    try:
        return selectors.class_shown(seat(request).account_id, slug)
    except KeyError:
        raise Http404 from None


def _context(shown: ClassShown) -> dict[str, object]:
    return {"section": "privacy", "shown": shown}
