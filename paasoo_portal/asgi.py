"""One port for door and portal: `/json` is answered by the lean door, everything else by Django over WSGI.

Django's own ASGI handler is six times slower, so it is not used.
"""

from __future__ import annotations

import os
from typing import Any, Final

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paasoo_portal.settings")

from a2wsgi import WSGIMiddleware  # noqa: E402

from paasoo_portal.wsgi import application as portal  # noqa: E402  sets Django up and checks the catalogue

from messaging.door.app import Door  # noqa: E402, I001  needs Django

MAX_BODY: Final = 1024 * 1024
_DOOR_PATHS: Final = {"/json", "/json/"}
_TOO_LARGE: Final = b"The request is too large.\n"


class Application:
    def __init__(self) -> None:
        self.door = Door()
        self.portal = WSGIMiddleware(portal, workers=8)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close"})
        elif scope["path"] in _DOOR_PATHS:
            await self.door(scope, receive, send)
        elif _declared_length(scope) > MAX_BODY:
            await _too_large(send)
        else:
            await self.portal(scope, _as_coroutine(receive), send)

    async def _live(self, receive: Any, send: Any) -> None:
        while True:
            event = await receive()
            if event["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.door.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _as_coroutine(receive: Any) -> Any:
    """granian's `receive()` gives an awaitable; a2wsgi hands it to the loop, which takes coroutines alone."""

    async def receiving() -> Any:
        return await receive()

    return receiving


def _declared_length(scope: dict[str, Any]) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else MAX_BODY + 1
    return 0


async def _too_large(send: Any) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": _TOO_LARGE})


application = Application()
