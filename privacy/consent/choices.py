"""What a visitor has chosen, as a cookie carries it, and what holds: the browser's own signal comes first (P-CON-2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from paasoo_portal.core import clock
from privacy.consent.register import CHOICE_COOKIE, TEXT_VERSION, VISIT_COOKIE, Purpose

ASK_AGAIN_AFTER: Final = timedelta(days=182)
_YES, _NO = "1", "0"


@dataclass(frozen=True)
class Choice:
    """What was chosen until a day; `visitor_id` only where something was granted."""

    granted: frozenset[Purpose]
    until: date
    visitor_id: UUID | None = None
    text_version: str = TEXT_VERSION

    def write(self) -> str:
        """The cookie's value: text version, last day, a mark a purpose. The visit's number has its own cookie."""
        marks = "".join(_YES if purpose in self.granted else _NO for purpose in Purpose)
        return f"{self.text_version}.{self.until:%Y%m%d}.{marks}"


@dataclass(frozen=True)
class Standing:
    """What holds for a request. `ask`: the notice is shown."""

    choice: Choice | None
    signal: bool

    @property
    def ask(self) -> bool:
        return self.choice is None and not self.signal

    def allows(self, purpose: Purpose) -> bool:
        return not self.signal and self.choice is not None and purpose in self.choice.granted


def standing(request: HttpRequest) -> Standing:
    """Read once a request."""
    if not hasattr(request, "_consent"):
        found = read(request.COOKIES.get(CHOICE_COOKIE, ""), request.COOKIES.get(VISIT_COOKIE, ""))
        request._consent = Standing(found, request.headers.get("Sec-GPC") == "1")  # type: ignore[attr-defined]
    return request._consent  # type: ignore[attr-defined,no-any-return]


def set_cookies(response: HttpResponseBase, choice: Choice) -> None:
    """Let the browser carry a choice; the visit's number goes with the last consent."""
    _set(response, CHOICE_COOKIE, choice.write())
    if choice.visitor_id is not None:
        _set(response, VISIT_COOKIE, choice.visitor_id.hex)
    else:
        response.delete_cookie(VISIT_COOKIE, samesite="Lax")


def _set(response: HttpResponseBase, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(ASK_AGAIN_AFTER.total_seconds()),
        secure=settings.PRODUCTION,
        httponly=True,
        samesite="Lax",
    )


def read(value: str, visit: str) -> Choice | None:
    """A cookie's choice, or None when there is none, it is over, or its text has changed since (P-POL-2)."""
    parts = value.split(".")
    if len(parts) != 3 or parts[0] != TEXT_VERSION or len(parts[2]) != len(Purpose):
        return None
    try:
        until = date.fromisoformat(parts[1])
    except ValueError:
        return None
    if not clock.today() <= until <= clock.today() + ASK_AGAIN_AFTER:
        return None
    visitor = _number(visit)
    granted = frozenset(
        purpose
        for purpose, mark in zip(Purpose, parts[2], strict=True)
        if mark == _YES and visitor is not None
    )
    return Choice(granted, until, visitor)


def _number(text: str) -> UUID | None:
    try:
        return UUID(hex=text)
    except ValueError:
        return None
