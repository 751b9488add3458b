"""The present codes of the demo's people, whose secrets are in the demo's file anyway. Never in production."""

from __future__ import annotations

import json
import time
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

PERIOD = 30


@require_safe
def codes(request: HttpRequest) -> HttpResponse:
    now = int(time.time())
    rows = [
        {
            "email": someone["email"],
            "role": someone["role"],
            "password": someone["password"],
            "code": format_hotp_value(hotp_value(someone["totp_secret"], now // PERIOD))
            if someone.get("totp_secret")
            else "",
        }
        for someone in _people()
    ]
    return render(request, "development/codes.html", {"rows": rows, "left": PERIOD - now % PERIOD})


def _people() -> list[dict[str, Any]]:
    try:
        held = json.loads((settings.VAR / "demo.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [*held["users"], *held["staff"]]
