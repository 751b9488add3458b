"""What a browser is shown when something fails: a plain sentence, what to do, and an id to quote.

None of these asks a database: they are drawn when one is down.
"""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

_TOO_LARGE = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


def fault(request: HttpRequest, status: int) -> HttpResponse:
    """The page for a status that has one."""
    context = {
        "request_id": getattr(request, "request_id", ""),
        "of_staff": request.path.startswith("/admin/"),
    }
    return HttpResponse(render_to_string(f"{status}.html", context), status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return fault(request, 413 if isinstance(exception, _TOO_LARGE) else 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return fault(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return fault(request, 404)


def failed(request: HttpRequest) -> HttpResponse:
    return fault(request, 500)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Registered as CSRF_FAILURE_VIEW."""
    context = {"request_id": getattr(request, "request_id", "")}
    return HttpResponse(render_to_string("403_csrf.html", context), status=403)
