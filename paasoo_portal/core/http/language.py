"""The language of a page: asked for by `?lng=`, chosen before, set in one's profile, or the browser's.

`?lng=` is remembered in a cookie, which is therefore set only when somebody chooses (P-CON-1); the profile's language is
changed by its own form alone, so a link changes nobody's account.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware

PARAMETER = "lng"


def asked(request: HttpRequest) -> str | None:
    """The language that the address asks for, if the portal speaks it."""
    code = request.GET.get(PARAMETER, "").lower()
    return code if code in dict(settings.LANGUAGES) else None


class LanguageMiddleware(LocaleMiddleware):
    """Django's, with `?lng=` before everything else."""

    def process_request(self, request: HttpRequest) -> None:
        if (code := asked(request)) is not None:
            request.COOKIES[settings.LANGUAGE_COOKIE_NAME] = code
        super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if (code := asked(request)) is not None:
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                code,
                max_age=settings.LANGUAGE_COOKIE_AGE,
                secure=settings.LANGUAGE_COOKIE_SECURE,
                httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
                samesite="Lax",
            )
        return super().process_response(request, response)
