"""Every page of an account runs in that account's scope, and only for members whose role has its permission.

The scope is opened around the view itself, so an error inside rolls back: the layers above would already have
turned the error into a response, and the half-done work would be committed.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import SimpleTemplateResponse
from django.utils import timezone, translation

from accounts.duty import services as duty
from accounts.mfa.required import must_enrol
from accounts.people.models import Person
from accounts.seats import Seat, seat_of
from paasoo_portal.core.http.language import asked
from paasoo_portal.core.tenancy import scope

View = Callable[..., HttpResponse]


class AccountScopeMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()

    def process_view(
        self, request: HttpRequest, view: View, args: list[Any], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Run a page inside its account's scope; leave every other view to itself."""
        permission = getattr(view, "permission", None)
        if permission is None:
            if not request.path.startswith(("/healthz", "/readyz", "/json", "/api/", "/v1/")):
                speak_to(request)
            if request.path.startswith("/privacy/"):
                # Copies of an account and closing it lie here: an administrator's second factor comes first.
                return _first_enrol(request)
            return _before_staff_pages(request) if request.path.startswith("/admin/") else None
        if not request.user.is_authenticated:
            if request.path == "/":
                return redirect("welcome")
            return redirect_to_login(request.get_full_path(), str(settings.LOGIN_URL))
        speak_to(request)
        seat = seat_of(request)
        if seat is None:
            return redirect("admin:index" if request.user.is_staff else "account_open")
        if not seat.may(permission):
            raise PermissionDenied
        if (first := _first_enrol(request)) is not None:
            return first
        request.seat = seat  # type: ignore[attr-defined]
        return _run(request, seat, view, args, kwargs)


def _first_enrol(request: HttpRequest) -> HttpResponse | None:
    """Administrators and staff set up a second factor before anything else."""
    return redirect("mfa_index") if request.user.is_authenticated and must_enrol(request) else None


def _before_staff_pages(request: HttpRequest) -> HttpResponse | None:
    """The second factor, then the duty of confidentiality (P-SEC-3); leaving is always possible."""
    first = _first_enrol(request)
    if first is not None or not request.user.is_authenticated or not request.user.is_staff:
        return first
    return None if duty.accepted(request.user.pk) else redirect("staff_duty")


def _run(
    request: HttpRequest,
    seat: Seat,
    view: View,
    args: list[Any],
    kwargs: dict[str, Any],
) -> HttpResponse:
    try:
        with scope(seat.account.pk) if view.scoped else nullcontext():  # type: ignore[attr-defined]
            response = view(request, *args, **kwargs)
            if isinstance(response, SimpleTemplateResponse):
                response = response.render()
    except (OperationalError, InterfaceError):
        response = render(request, "503.html", status=503)
        response["Retry-After"] = "30"
    return response


def speak_to(request: HttpRequest) -> None:
    """The person's own time zone and language, for this request."""
    if not request.user.is_authenticated:
        return
    person: Person = request.user
    try:
        timezone.activate(zoneinfo.ZoneInfo(person.timezone))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        timezone.activate(zoneinfo.ZoneInfo("UTC"))
    if asked(request) is None and person.language in dict(settings.LANGUAGES):
        translation.activate(person.language)
        request.LANGUAGE_CODE = person.language
