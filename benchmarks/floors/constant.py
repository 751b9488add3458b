"""The ceiling of server and machine: a bare ASGI callable that always answers the same."""

from __future__ import annotations

from typing import Any, Final

_BODY: Final = b'{"status":"0","messageid":"015bd4-d6dfa7-58w"}'
_START: Final = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(_BODY)).encode())],
}
_END: Final = {"type": "http.response.body", "body": _BODY}


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send(_START)
        await send(_END)
