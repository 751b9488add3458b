"""Pages travel compressed; files and answers to programs go as they are."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CompressPages(GZipMiddleware):
    """Django's own, for HTML alone: exports are compressed files already.

    A page may hold a secret beside what its address says, so its compressed length must tell nothing: Django adds
    random bytes (Heal-the-BREACH), and CSRF tokens are masked anew each time.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)  # type: ignore[arg-type]
