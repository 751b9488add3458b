"""The description of REST v1 (OpenAPI 3.1): made from the code, committed as docs/openapi.json, compared by a test."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


def only_v1(endpoints: list[tuple[str, str, str, Any]], **kwargs: Any) -> list[tuple[str, str, str, Any]]:
    """Of all views those below /v1/."""
    return [one for one in endpoints if one[0].startswith("/v1/")]


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "messaging.rest.keys.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "`<key>.<secret>`; HTTP Basic takes the same two.",
        }
