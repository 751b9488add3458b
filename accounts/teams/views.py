"""An account: opening it after sign-up, its settings, and moving between accounts."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.people.models import Person
from accounts.permissions import Permission, page
from accounts.seats import seat_of, sitting, take_seat
from accounts.teams.forms import AccountForm, OpenAccountForm
from accounts.teams.services import change_account, open_account


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account_open(request: HttpRequest) -> HttpResponse:
    """For a person in no account: name the organisation, become its administrator."""
    if seat_of(request) is not None:
        return redirect("home")
    form = OpenAccountForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        open_account(person=cast(Person, request.user), **form.cleaned_data)
        return redirect("home")
    return render(request, "accounts/open.html", {"form": form})


@login_required
@require_POST
def account_switch(request: HttpRequest) -> HttpResponse:
    try:
        moved = take_seat(request, UUID(request.POST.get("account", "")))
    except ValueError:
        moved = False
    if not moved:
        raise Http404
    return redirect("home")


@page(Permission.MANAGE_ACCOUNT)
@require_http_methods(["GET", "HEAD", "POST"])
def account_settings(request: HttpRequest) -> HttpResponse:
    account = sitting(request).account
    initial = {name: getattr(account, name) for name in AccountForm.base_fields}
    form = AccountForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        change_account(account_id=account.pk, actor_id=request.user.pk, **form.cleaned_data)
        messages.success(request, _("The settings are saved."))
        return redirect("account_settings")
    context = {"section": "team", "tab": "settings", "form": form, "account": account}
    return render(request, "accounts/settings.html", context)
