"""What every view of REST v1 stands on: the key behind a call, its rate, and the parts of a query."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final, cast

from django.http import HttpRequest
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from messaging.rest import limits, problems, shapes
from messaging.rest.keys import HasScope, KeyAuthentication, Program
from messaging.rest.problems import Problem
from paasoo_portal.core import clock
from paasoo_portal.core.days import plausible

USUAL_DAYS: Final = 7
MOST_DAYS: Final = 100
PROBLEMS: Final = {
    (status, problems.TYPE): shapes.ProblemDetail
    for status in sorted({kind.status for kind in problems.KINDS.values()})
}
DAYS: Final = [
    OpenApiParameter(
        "first_day", OpenApiTypes.DATE, description="UTC day; left out: six days before the last."
    ),
    OpenApiParameter("last_day", OpenApiTypes.DATE, description="UTC day, included; left out: today."),
]


class KeyView(APIView):
    """A view for programs: by key, with the scope its method needs, within the rate of the key."""

    authentication_classes = (KeyAuthentication,)
    permission_classes = (HasScope,)
    scopes: dict[str, str] = {}

    @property
    def program(self) -> Program:
        return cast(Program, self.request.user)

    def initial(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        standing = limits.count(self.program.key_id)
        self.headers.update(standing.headers())
        if standing.exceeded:
            raise Problem("too-many-requests")
        # Before DRF's parser takes it from the stream, which knows no limit of size and leaves nothing behind.
        _ = self.request._request.body


def days_asked(request: Request) -> tuple[date, date]:
    """The days asked for, both included. Raises Problem."""
    last = _date(request, "last_day") or clock.today()
    first = _date(request, "first_day") or last - timedelta(days=USUAL_DAYS - 1)
    if first > last:
        raise Problem("invalid", errors=[("#first_day", "The first day must not be after the last.")])
    if (last - first).days >= MOST_DAYS:
        raise Problem("invalid", errors=[("#first_day", f"Ask for at most {MOST_DAYS} days at once.")])
    return first, last


def _date(request: Request, name: str) -> date | None:
    text = request.query_params.get(name)
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not plausible(day):
        raise Problem("invalid", errors=[(f"#{name}", "Give a day such as 2026-03-31.")])
    return day


def number_asked(text: str, name: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdigit() and low <= int(text[:9]) <= high):
        raise Problem("invalid", errors=[(f"#{name}", f"Give a number from {low} to {high}.")])
    return int(text)


def valid(given: serializers.Serializer[Any]) -> dict[str, Any]:
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
