"""Reading a classic request, as tolerantly as its most careless client needs and no further.

Parameters come from the query and from a body, whatever the method. Of a name that is repeated the first value that
is not empty counts, the query's before the body's. A JSON content type with no body breaks nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import unquote_to_bytes

import orjson

MAX_BODY: Final = 64 * 1024
MAX_QUERY: Final = 16 * 1024
MAX_FIELDS: Final = 100

Given = dict[str, str]
Pairs = Iterable[tuple[str, str]]


class TooLarge(Exception):
    """The request is larger than any honest one."""


def parameters(query: bytes, body: bytes, content_type: str) -> Given:
    """The parameters by name. Raises TooLarge."""
    if len(query) > MAX_QUERY or len(body) > MAX_BODY:
        raise TooLarge
    found: Given = {}
    if query:
        _take(found, _form(query))
    if body:
        _take(found, _body(body, content_type))
    return found


def _take(found: Given, pairs: Pairs) -> None:
    for name, value in pairs:
        if not found.get(name):
            found[name] = value


def _form(data: bytes) -> Iterator[tuple[str, str]]:
    fields = data.split(b"&", MAX_FIELDS)
    if len(fields) > MAX_FIELDS:
        raise TooLarge
    for field in fields:
        name, _, value = field.partition(b"=")
        yield _text(name), _text(value)


def _text(raw: bytes) -> str:
    """Percent-encoded UTF-8, or bare UTF-8 as some send it."""
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    if b"%" in raw:
        raw = unquote_to_bytes(raw)
    return raw.decode("utf-8", "replace")


def _body(body: bytes, content_type: str) -> Pairs:
    kind = content_type.split(";", 1)[0].strip().lower()
    if kind == "multipart/form-data":
        return _multipart(body, content_type)
    if kind == "application/json" or body.lstrip()[:1] == b"{":
        return _json(body)
    return _form(body.strip())


def _json(body: bytes) -> Pairs:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        # A JSON content type is what some clients always declare, whatever they send.
        return _form(body.strip())
    if not isinstance(found, dict):
        return ()
    return [
        (name, value if isinstance(value, str) else str(value))
        for name, value in found.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    ]


def _multipart(body: bytes, content_type: str) -> Iterator[tuple[str, str]]:
    marker = content_type.partition("boundary=")[2].split(";", 1)[0].strip().strip('"')
    if not marker:
        return
    parts = body.split(b"--" + marker.encode("latin-1", "replace"), MAX_FIELDS + 1)
    if len(parts) > MAX_FIELDS + 1:
        raise TooLarge
    for part in parts[1:]:
        head, _, value = part.partition(b"\r\n\r\n")
        _, found, name = head.partition(b'name="')
        if found:
            field = name.split(b'"', 1)[0].decode("utf-8", "replace")
            yield field, value.removesuffix(b"\r\n").decode("utf-8", "replace")
