"""Counts the pages of those who agreed to statistics, until the browser's signal takes their consent back.

For everybody else it does nothing at all. Keeps P-CON-2 and P-CON-3.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language

from privacy.consent.choices import Choice, Standing, set_cookies, standing
from privacy.consent.register import CHOICE_COOKIE, Purpose
from privacy.consent.services import count_visit, take_back

log = logging.getLogger(__name__)


class StatisticsMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        taken_back = _by_signal(request)
        response = self.get_response(request)
        if taken_back is not None:
            set_cookies(response, taken_back)
        elif CHOICE_COOKIE in request.COOKIES and standing(request).allows(Purpose.STATISTICS):
            _count(request, response)
        return response


def _by_signal(request: HttpRequest) -> Choice | None:
    """The choice that a signal makes of a consent given before it: withdrawn, recorded, and its visits erased."""
    now = standing(request)
    if not now.signal or now.choice is None or not now.choice.granted:
        return None
    person_id = request.user.pk if request.user.is_authenticated else None
    try:
        choice = take_back(now, person_id=person_id, language=get_language() or "en")
    except DatabaseError as error:
        log.warning("a signal was not recorded", extra={"error": type(error).__name__})
        return None
    request._consent = Standing(choice, signal=True)  # type: ignore[attr-defined]
    return choice


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
