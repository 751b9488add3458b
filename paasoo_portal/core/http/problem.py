"""Problem details for HTTP APIs (RFC 9457)."""

from __future__ import annotations

from typing import Any

from django.http import JsonResponse


def problem(
    status: int, kind: str, title: str, detail: str, *, pointer: str | None = None, **extra: Any
) -> JsonResponse:
    """An `application/problem+json` answer; `kind` is the stable last part of its type."""
    body: dict[str, Any] = {"type": f"/problems/{kind}", "title": title, "status": status, "detail": detail}
    if pointer is not None:
        body["errors"] = [{"pointer": pointer, "detail": detail}]
    body.update(extra)
    return JsonResponse(body, status=status, content_type="application/problem+json")
