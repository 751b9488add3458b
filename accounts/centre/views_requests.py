"""Asking: by people with a sign-in, and by visitors who prove their address first. Keeps P-RGT-1, P-RGT-2."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.centre import mails
from accounts.centre.forms import AskForm, ObjectionForm, RequestForm
from accounts.seats import seat_of
from accounts.teams.models import Role
from privacy.requests import services
from privacy.requests.models import Kind, RequestState, RightsRequest, Route

_SHOWN = 50
# What somebody signed in asks in words; the rest the portal does at once.
_BY_WORDS = {Kind.RECTIFICATION, Kind.OBJECTION, Kind.RESTRICTION, Kind.OTHER}


@login_required
@require_safe
def requests(request: HttpRequest) -> HttpResponse:
    rows = RightsRequest.objects.filter(person_id=request.user.pk).order_by("-received_at")[:_SHOWN]
    return render(request, "centre/requests.html", {"section": "privacy", "requests": rows})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def request_new(request: HttpRequest, kind: str) -> HttpResponse:
    """The form, a check page, sent."""
    if kind not in _BY_WORDS:
        raise Http404
    step = request.POST.get("step", "")
    data = request.POST if request.method == "POST" else None
    form: RequestForm = (
        ObjectionForm(data, kind=kind) if kind == Kind.OBJECTION else RequestForm(data, kind=kind)
    )
    context = {"section": "privacy", "form": form, "kind": Kind(kind), "route": _route(request)}
    if step in {"check", "send"} and form.is_valid():
        asked = form.cleaned_data.get("what") or kind
        if step == "send":
            return _send(request, asked, form.cleaned_data["text"])
        values = {"asked": Kind(asked).label, "posted": list(form.cleaned_data.items())}
        return render(request, "centre/request_check.html", context | values)
    if step == "edit":
        form.errors.clear()
    return render(request, "centre/request_new.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def one_request(request: HttpRequest, reference: str) -> HttpResponse:
    """A request of one's own; somebody else's is not found."""
    found = RightsRequest.objects.filter(reference=reference, person_id=request.user.pk).first()
    if found is None:
        raise Http404
    if request.method == "POST":
        try:
            services.cancel(found.pk, person_id=cast(UUID, request.user.pk))
        except services.NotOpen as error:
            messages.error(request, str(error.user))
        else:
            messages.success(request, _("Your request is taken back."))
        return redirect("request", reference=reference)
    context = {"section": "privacy", "found": found, "steps": found.steps.order_by("at", "pk")}
    return render(request, "centre/request.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """For who has no sign-in. The answer is the same whether we know the address or not."""
    form = AskForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        allowed = ratelimit.consume(request, action="privacy_ask")
        if not allowed:
            return render(request, "429.html", {"request_id": ""}, status=429)
        values = form.cleaned_data
        _found, token = services.ask_as_visitor(
            kind=values["kind"], email=values["email"], text=values["text"]
        )
        mails.visitor_link(values["email"], token, get_language() or "en")
        return render(request, "centre/ask_sent.html")
    return render(request, "centre/ask.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def ask_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The link of the email. Opening it confirms nothing: mail scanners open links too."""
    if request.method == "POST":
        found = services.confirm(token)
        if found is not None:
            return render(request, "centre/ask_done.html", {"found": found})
    elif (found := services.waiting(token)) is not None:
        return render(request, "centre/ask_confirm.html", {"found": found})
    return render(request, "centre/ask_cannot.html", status=410)


def _send(request: HttpRequest, kind: str, text: str) -> HttpResponse:
    route, account_id = _route(request), None
    seat = seat_of(request)
    if route == Route.ADMINISTRATOR and seat is not None:
        account_id = seat.account_id
    waiting = RightsRequest.objects.filter(person_id=request.user.pk, state=RequestState.OPEN)
    same = [one for one in waiting if one.kind == kind and one.text == text]
    if same:
        messages.info(request, _("You asked this already; it is this request."))
        return redirect("request", reference=same[0].reference)
    made = services.receive(
        kind=kind,
        person_id=cast(UUID, request.user.pk),
        account_id=account_id,
        text=text,
        route=route,
        region=seat.account.region if seat is not None else "",
    )
    messages.success(request, _("Your request is received."))
    return redirect("request", reference=made.reference)


def _route(request: HttpRequest) -> Route:
    """An invited user's administrator answers first (P-WHO-2); an administrator's own request goes to us."""
    seat = seat_of(request)
    return Route.STAFF if seat is None or seat.role == Role.ADMINISTRATOR else Route.ADMINISTRATOR
