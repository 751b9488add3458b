"""/healthz: this process answers. /readyz: everything it needs answers too, each part named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import redis
from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse, JsonResponse

from paasoo_portal.core import clock, heartbeat, hooks, regions

STALE_AFTER = timedelta(seconds=60)


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """Every part, and 503 when one is down."""
    found = parts()
    ok = all(part["ok"] for part in found.values())
    answer = JsonResponse({"ok": ok, "parts": found}, status=200 if ok else 503)
    # Whoever asks every second while we start reads the answer; Django's log would bear it as an error each time.
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


def parts() -> dict[str, dict[str, Any]]:
    """Each part with `ok` and, where it is a sign of life, its age in seconds."""
    found: dict[str, dict[str, Any]] = {}
    for alias in ["default", *regions.aliases()]:
        found[f"database.{alias}"] = _probe(partial(_database, alias))
    found["broker"] = _probe(_broker)
    found["journal"] = _probe(partial(hooks.call, "journal.probe"))
    for alias in regions.aliases():
        found[f"vault.{alias}"] = _probe(partial(hooks.call, "vault.probe", alias=alias))
        found[f"dispatcher.{alias}"] = _life(f"dispatcher.{alias}", alias)
    found["beat"] = _life("beat", "default")
    found["retention"] = _retention()
    return found


def _retention() -> dict[str, Any]:
    """Whether the night's erasures were done in time: asked here, so that a dead beat is noticed without beat."""
    answer: dict[str, Any] = {}
    try:
        for part in hooks.call("retention.probe"):
            answer |= part
    except Exception as error:
        return {"ok": False, "error": type(error).__name__}
    return answer


def _probe(check: Callable[[], object]) -> dict[str, Any]:
    try:
        check()
    except Exception as error:
        return {"ok": False, "error": type(error).__name__}
    return {"ok": True}


def _database(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT 1")


def _broker() -> None:
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as client:
        client.ping()


def _life(name: str, alias: str) -> dict[str, Any]:
    try:
        at = heartbeat.last(name, alias)
    except Exception as error:
        return {"ok": False, "error": type(error).__name__}
    if at is None:
        return {"ok": False, "error": "never"}
    age = (clock.now() - at).total_seconds()
    return {"ok": age < STALE_AFTER.total_seconds(), "age_seconds": round(age, 1)}
