"""Pages travel compressed; files and answers to programs go as they are."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CompressPages(GZipMiddleware):
    """Django's own, for HTML alone: exports are compressed files already.

    A page may hold a secret beside what its address says, of which its compressed length tells something (BREACH).
    Django blurs it with random bytes, and masks CSRF tokens anew each time.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)  # type: ignore[arg-type]
