"""Closing the account: what goes, what stays, whether it is returned first, and a week to change one's mind.

Keeps P-RET-5, P-RET-6.
"""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.closure import returns, selectors, services
from accounts.closure.forms import CloseForm
from accounts.closure.models import AccountClosure
from accounts.people.models import Person
from accounts.permissions import Permission, page
from accounts.seats import sitting
from paasoo_portal.core.http.pages import ask_to_confirm, confirmed_recently
from privacy.clocks import register as clocks
from privacy.clocks.models import ClockKind
from privacy.exports.returns import is_there


@page(Permission.CLOSE_ACCOUNT)
@require_http_methods(["GET", "HEAD", "POST"])
def account_close(request: HttpRequest) -> HttpResponse:
    account = sitting(request).account
    data = request.POST if request.method == "POST" else None
    form = CloseForm(data, name=account.name, days=clocks.span(ClockKind.RETURN).days)
    if request.method == "POST" and form.is_valid():
        if not confirmed_recently(request):
            return ask_to_confirm(reverse("account_close"))
        try:
            services.ask(
                account_id=account.pk, person=cast(Person, request.user), choice=form.cleaned_data["choice"]
            )
        except services.ClosingAlready as error:
            messages.info(request, str(error.user))
        return redirect("account_close")
    closing = services.pending(account.pk)
    context = {
        "section": "privacy",
        "form": form,
        "account": account,
        "closing": closing,
        "goes": selectors.goes(account.pk),
        "stays": selectors.stays(account.pk),
        "balance": selectors.balance(account.pk),
        "days": clocks.span(ClockKind.CLOSING).days,
        **_returned(closing),
    }
    return render(request, "accounts/close.html", context)


@page(Permission.CLOSE_ACCOUNT)
@require_POST
def account_close_cancel(request: HttpRequest) -> HttpResponse:
    if services.cancel(account_id=sitting(request).account_id, person=cast(Person, request.user)):
        messages.success(request, _("The account stays open. Nothing was erased."))
    else:
        messages.error(request, _("There is nothing to take back."))
    return redirect("account_close")


@page(Permission.CLOSE_ACCOUNT)  # type: ignore[type-var]
@require_POST
def account_return_fetch(request: HttpRequest) -> HttpResponseBase:
    """What is returned, to any administrator, after a recent confirmation."""
    closing = services.pending(sitting(request).account_id)
    job = returns.job_of(closing) if closing is not None and closing.begun_at is None else None
    if closing is None or job is None or not is_there(job):
        raise Http404
    if not confirmed_recently(request):
        return ask_to_confirm(reverse("account_close"))
    told = returns.fetch(closing, job, by_id=cast(UUID, request.user.pk))
    response = StreamingHttpResponse(told, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="paasoo-return-{job.asked_at:%Y-%m-%d}.zip"'
    response["Content-Length"] = str(job.size)
    response["Cache-Control"] = "no-store"
    return response


@page(Permission.CLOSE_ACCOUNT)
@require_POST
def account_return_confirm(request: HttpRequest) -> HttpResponse:
    if not confirmed_recently(request):
        return ask_to_confirm(reverse("account_close"))
    if returns.confirm(account_id=sitting(request).account_id, by_id=cast(UUID, request.user.pk)):
        messages.success(request, _("Thank you. The account is erased now; this takes a few minutes."))
    else:
        messages.error(request, _("Download what is returned first, and check it."))
    return redirect("account_close")


def _returned(closing: AccountClosure | None) -> dict[str, Any]:
    """How far the return has come."""
    if closing is None or not closing.returns:
        return {}
    job = returns.job_of(closing)
    return {"job": job, "there": job is not None and is_there(job)}
