"""Retention: look, change (preview, recent authentication, grace period), take back. Keeps P-RET-1, P-RET-2."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from paasoo_portal.core.http.pages import ask_to_confirm, confirmed_recently, page, seat
from privacy.disclosure import services as disclosure
from privacy.floors import register as floors
from privacy.holds import register
from privacy.pages import history, preview, selectors, timeline
from privacy.pages.forms import InstructionForm
from privacy.pages.selectors import ClassShown
from privacy.retention import instructions, outlook
from privacy.retention.outlook import Outlook


@page("see_retention")
@require_safe
def retention(request: HttpRequest) -> HttpResponse:
    account_id = seat(request).account_id
    given, holds, laws = selectors.given(account_id), register.shown(account_id), floors.shown()
    bounds = selectors.published_bounds(laws)
    shown = selectors.classes_shown(given, bounds, laws)
    found = outlook.read(account_id, back=selectors.furthest_back(shown), held=register.covering(holds))
    context = {
        "section": "privacy",
        "classes": [
            (one, timeline.chart(found, one.data_class, one.rule, title=_chart_title(one))) for one in shown
        ],
        "coming": selectors.coming(found, shown),
        "history": history.shown(given, bounds, _page_number(request)),
        "holds": holds,
    }
    return render(request, "privacy/retention.html", context)


@page("see_retention")
@require_safe
def retention_exceptions(request: HttpRequest) -> HttpResponse:
    """What is kept for another reason than the customer's instruction (P-RET-8, P-RET-9)."""
    account_id = seat(request).account_id
    context = {
        "section": "privacy",
        "orders": disclosure.told(account_id),
        "cases": selectors.cases_shown(account_id),
        "holds": register.shown(account_id),
        "floors": floors.shown().values(),
    }
    return render(request, "privacy/exceptions.html", context)


@page("instruct_retention")
@require_http_methods(["GET", "HEAD", "POST"])
def retention_change(request: HttpRequest, slug: str) -> HttpResponse:
    """The form; with `days` in the address the preview of what goes; by POST the instruction itself."""
    shown = _class(request, slug)
    data = request.POST if request.method == "POST" else request.GET if "days" in request.GET else None
    form = InstructionForm(data, bound=shown.bound, now=shown.days)
    if data is None or not form.is_valid():
        return render(request, "privacy/retention_change.html", _context(request, shown) | {"form": form})
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


def _preview(request: HttpRequest, shown: ClassShown, form: InstructionForm, days: int) -> HttpResponse:
    found = _outlook(request, shown)
    context = _context(request, shown, found, days) | {
        "form": form,
        "days": days,
        "shorter": days < shown.days,
        "preview": preview.of(found, shown, days),
        "outlives": shown.text_outlives_number(days),
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
        return render(request, "privacy/retention_change.html", _context(request, shown) | {"form": form})
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


def _outlook(request: HttpRequest, shown: ClassShown) -> Outlook:
    account_id = seat(request).account_id
    back = selectors.furthest_back([shown])
    return outlook.read(account_id, back=back, held=register.in_force(account_id))


def _context(
    request: HttpRequest, shown: ClassShown, found: Outlook | None = None, proposed: int | None = None
) -> dict[str, object]:
    drawn = timeline.chart(
        found or _outlook(request, shown),
        shown.data_class,
        shown.rule,
        proposed,
        on=preview.first_cut(),
        title=_chart_title(shown),
    )
    return {"section": "privacy", "shown": shown, "chart": drawn}


def _chart_title(shown: ClassShown) -> str:
    return _("%(label)s: messages by the day they were written") % {"label": shown.data_class.label}


def _page_number(request: HttpRequest) -> int:
    """From 0; anything that is no number of a page is the first."""
    text = request.GET.get("page", "")
    return int(text) - 1 if text.isascii() and text.isdigit() and len(text) < 6 else 0
