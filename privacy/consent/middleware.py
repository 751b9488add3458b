"""Counts the pages of those who agreed to statistics; for everybody else it does nothing at all."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from privacy.consent.choices import standing
from privacy.consent.register import CHOICE_COOKIE, Purpose
from privacy.consent.services import count_visit

log = logging.getLogger(__name__)


class StatisticsMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if CHOICE_COOKIE in request.COOKIES and standing(request).allows(Purpose.STATISTICS):
            _count(request, response)
        return response


def _count(request: HttpRequest, response: HttpResponse) -> None:
    """The page's name, never its address: an address may name a message."""
    match = request.resolver_match
    choice = standing(request).choice
    html = response.headers.get("Content-Type", "").startswith("text/html")
    if request.method != "GET" or response.status_code != 200 or not html or match is None or choice is None:
        return
    if choice.visitor_id is None or not match.view_name:
        return
    try:
        count_visit(choice.visitor_id, match.view_name)
    except DatabaseError as error:
        log.warning("a visit was not counted", extra={"error": type(error).__name__})
