"""What the frame around every page needs to know of cookies."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from privacy.consent.choices import standing


def consent(request: HttpRequest) -> dict[str, Any]:
    """The context processor: `consent.ask` shows the notice."""
    return {"consent": standing(request)}
