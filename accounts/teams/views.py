"""Opening an account after sign-up, and moving between accounts."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.people.models import Person
from accounts.seats import seat_of, take_seat
from accounts.teams.forms import OpenAccountForm
from accounts.teams.services import open_account


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
