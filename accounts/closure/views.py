"""Closing the account: what goes and what stays, then a week to change one's mind. Keeps P-RET-5."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.closure import selectors, services
from accounts.closure.forms import CloseForm
from accounts.people.models import Person
from accounts.permissions import Permission, page
from accounts.seats import sitting
from paasoo_portal.core.http.pages import ask_to_confirm, confirmed_recently


@page(Permission.CLOSE_ACCOUNT)
@require_http_methods(["GET", "HEAD", "POST"])
def account_close(request: HttpRequest) -> HttpResponse:
    account = sitting(request).account
    form = CloseForm(request.POST if request.method == "POST" else None, name=account.name)
    if request.method == "POST" and form.is_valid():
        if not confirmed_recently(request):
            return ask_to_confirm(reverse("account_close"))
        try:
            services.ask(account_id=account.pk, person=cast(Person, request.user))
        except services.ClosingAlready as error:
            messages.info(request, str(error.user))
        return redirect("account_close")
    context = {
        "section": "privacy",
        "form": form,
        "account": account,
        "closing": services.pending(account.pk),
        "goes": selectors.goes(account.pk),
        "stays": selectors.stays(account.pk),
        "balance": selectors.balance(account.pk),
        "days": services.GRACE.days,
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
