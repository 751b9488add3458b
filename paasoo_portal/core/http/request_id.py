"""A request id that a person can quote and an operator can find; never taken from the client."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from paasoo_portal.core import logs


class RequestIdMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = identity = secrets.token_hex(8)  # type: ignore[attr-defined]
        before = logs.REQUEST_ID.set(identity)
        try:
            response = self.get_response(request)
        finally:
            logs.REQUEST_ID.reset(before)
        response["X-Request-Id"] = identity
        if "Cache-Control" not in response and not request.path.startswith("/static/"):
            response["Cache-Control"] = "no-store, private"
        return response
