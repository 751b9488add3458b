"""Just enough HTTP for one endpoint over ASGI: what is refused unread, the body within its bounds, the reply."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final

from messaging.classic.parse import MAX_BODY, TooLarge

MAX_HEADERS: Final = 100
MAX_HEADER_BYTES: Final = 32 * 1024
_READ_SECONDS: Final = 10
_PREFETCH: Final = frozenset({b"purpose", b"sec-purpose", b"x-purpose", b"x-moz"})
_HEADERS: Final = (
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
Scope = dict[str, Any]
Header = tuple[bytes, bytes]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Malformed(Exception):
    """The request ended early, came too slowly, or is not what its headers say."""


def header(headers: Iterable[Header], name: bytes) -> str:
    """The first header of that (lower-case) name, or ""."""
    for key, value in headers:
        if key == name:
            return value.decode("latin-1")
    return ""


def refusal(scope: Scope) -> int | None:
    """The status of a request that is not even read: HEAD, OPTIONS and prefetches send nothing."""
    if scope["method"] not in {"GET", "POST"}:
        return 405
    size = count = 0
    for name, value in scope["headers"]:
        count, size = count + 1, size + len(name) + len(value)
        if name in _PREFETCH and (b"prefetch" in value or b"preview" in value):
            return 403
    return 431 if count > MAX_HEADERS or size > MAX_HEADER_BYTES else None


async def body(scope: Scope, receive: Receive) -> bytes:
    """The whole body, a GET's as well. Raises TooLarge, Malformed."""
    announced = not scope["http_version"].startswith("1")
    for name, value in scope["headers"]:
        if name == b"content-length":
            announced = True
            if not value.isdigit() or int(value) > MAX_BODY:
                raise TooLarge
        elif name == b"transfer-encoding":
            announced = True
    if not announced:
        return b""
    try:
        async with asyncio.timeout(_READ_SECONDS):
            return await _read(receive)
    except TimeoutError as error:
        raise Malformed from error


async def _read(receive: Receive) -> bytes:
    read = b""
    while True:
        event = await receive()
        if event["type"] != "http.request":
            raise Malformed
        read += event.get("body", b"")
        if len(read) > MAX_BODY:
            raise TooLarge
        if not event.get("more_body", False):
            return read


async def reply(send: Send, status: int, content: bytes, extra: Sequence[Header] = ()) -> None:
    length = (b"content-length", b"%d" % len(content))
    await send({"type": "http.response.start", "status": status, "headers": [*_HEADERS, length, *extra]})
    await send({"type": "http.response.body", "body": content})


def place(error: BaseException) -> str:
    """Where in the code an error arose, for a log that must not hold its text."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace is not None else ""
