"""One port for door and portal: `/json` is answered by the lean door, everything else by Django over WSGI.

Django's own ASGI handler is six times slower, so it is not used.
"""

from __future__ import annotations

from typing import Any, Final

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application

MAX_BODY: Final = 1024 * 1024
THREADS: Final = 8
_TEXT: Final = (b"content-type", b"text/plain; charset=utf-8")


class Application:
    """Door and portal. One in each process."""

    def __init__(self) -> None:
        # Not before Django is set up.
        from messaging.door.app import Door

        self.door = Door()
        self.portal: Any = WSGIMiddleware(get_wsgi_application(), workers=THREADS)  # type: ignore[arg-type]

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close"})
        elif scope["path"] == "/json" or scope["path"] == "/json/":
            await self.door(scope, receive, send)
        elif scope["path"] == "/healthz" and scope["method"] == "GET":
            await _say(send, 200, b"ok")
        elif _declared_length(scope) > MAX_BODY:
            await _say(send, 413, b"The request is too large.\n", (b"connection", b"close"))
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
    """a2wsgi asks for the body from another thread, which takes a coroutine; granian's awaitable is none."""

    async def received() -> Any:
        return await receive()

    return received


def _declared_length(scope: dict[str, Any]) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else MAX_BODY + 1
    return 0


async def _say(send: Any, status: int, text: bytes, *extra: tuple[bytes, bytes]) -> None:
    headers = [_TEXT, (b"cache-control", b"no-store"), (b"content-length", str(len(text)).encode()), *extra]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
