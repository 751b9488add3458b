"""Reading a classic request, as tolerantly as its most careless client needs and no further.

Parameters come from the query and from a body, whatever the method; where a name occurs in both the query wins,
and of a repeated name the first. A JSON content type with no body breaks nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

MAX_BODY: Final = 64 * 1024
MAX_QUERY: Final = 16 * 1024
MAX_FIELDS: Final = 100
MAX_HEADERS: Final = 100

Headers = Iterable[tuple[bytes, bytes]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


class TooLarge(Exception):
    """The request is larger than any honest one."""


class Malformed(Exception):
    """The request ended early, or is not what its headers say."""


def header(headers: Headers, name: bytes) -> str:
    """The first header of that (lower-case) name, or ""."""
    for key, value in headers:
        if key == name:
            return value.decode("latin-1")
    return ""


async def read_body(receive: Receive, headers: Headers) -> bytes:
    """The whole body. Raises TooLarge, Malformed."""
    declared = header(headers, b"content-length")
    if declared and (not declared.isdigit() or int(declared) > MAX_BODY):
        raise TooLarge
    chunks: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        if event["type"] != "http.request":
            raise Malformed
        chunk = event.get("body", b"")
        size += len(chunk)
        if size > MAX_BODY:
            raise TooLarge
        chunks.append(chunk)
        if not event.get("more_body", False):
            return b"".join(chunks)


def parameters(query: bytes, body: bytes, content_type: str) -> dict[str, str]:
    """The parameters by name. Raises TooLarge."""
    if len(query) > MAX_QUERY:
        raise TooLarge
    try:
        pairs = _form(query)
        if body:
            pairs += _body(body, content_type)
    except ValueError as error:
        raise TooLarge from error
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found


def _form(data: bytes) -> list[tuple[str, str]]:
    return parse_qsl(data.decode("latin-1"), keep_blank_values=True, errors="replace", max_num_fields=MAX_FIELDS)


def _body(body: bytes, content_type: str) -> list[tuple[str, str]]:
    kind = content_type.split(";", 1)[0].strip().lower()
    if kind == "multipart/form-data":
        return _multipart(body, content_type)
    if kind == "application/json" or body.lstrip()[:1] == b"{":
        return _json(body)
    return _form(body)


def _json(body: bytes) -> list[tuple[str, str]]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _form(body)
    if not isinstance(found, dict):
        return []
    return [(name, value if isinstance(value, str) else str(value)) for name, value in found.items()]


def _multipart(body: bytes, content_type: str) -> list[tuple[str, str]]:
    marker = content_type.partition("boundary=")[2].split(";", 1)[0].strip().strip('"')
    if not marker:
        return []
    pairs = []
    for part in body.split(b"--" + marker.encode("latin-1"))[1:MAX_FIELDS]:
        head, _, value = part.partition(b"\r\n\r\n")
        _, found, name = head.partition(b'name="')
        if found:
            field = name.split(b'"', 1)[0].decode("utf-8", "replace")
            pairs.append((field, value.removesuffix(b"\r\n").decode("utf-8", "replace")))
    return pairs
