"""Reading JSON that anybody may have written: one meaning or none. Whatever is not plain is refused in words."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from privacy.errors import PrivacyError

LARGEST: Final = 256 * 1024
DEEPEST: Final = 12
# Numbers of certificates stay far below; a longer one would not even be read.
_HIGHEST: Final = 10**15
OTHER_FORMAT: Final = gettext_lazy("This is JSON, but no certificate file.")


class Unreadable(PrivacyError):
    """Not what it should be; `user` says why, and quotes nothing of it but our own names of members."""

    def __init__(self, user: str | Promise) -> None:
        super().__init__("unreadable certificate file", user=user)


def load(content: bytes) -> Any:
    """The content as JSON without doubt: UTF-8, no name twice, no floats, no depth. Raises Unreadable."""
    if len(content) > LARGEST:
        raise Unreadable(
            _("This is larger than any certificate file (%(kb)d KB at most).") % {"kb": LARGEST >> 10}
        )
    try:
        return loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable(_("This is not text in UTF-8, so it is no certificate file.")) from None


def loads(text: str) -> Any:
    """The same, of text. Raises Unreadable."""
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_float=_no_float, parse_constant=_no_float)
    except (ValueError, RecursionError):
        raise Unreadable(_("This is not JSON, so it is no certificate file.")) from None
    _look_through(value, 0)
    return value


def members(value: Any, needed: Collection[str], allowed: Collection[str] = ()) -> dict[str, Any]:
    """The object that has all of the needed members, and besides them allowed ones alone."""
    if not isinstance(value, dict):
        raise Unreadable(OTHER_FORMAT)
    for name in needed:
        if name not in value:
            raise Unreadable(_("The member “%(name)s” is missing.") % {"name": name})
    if set(value) - set(needed) - set(allowed):
        raise Unreadable(_("It has members that no certificate file has."))
    return value


def text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise Unreadable(_("The member “%(name)s” is not text.") % {"name": name})
    return value


def hexadecimal(value: Any, name: str, digits: int) -> str:
    if not isinstance(value, str) or re.fullmatch(f"[0-9a-f]{{{digits}}}", value) is None:
        what = {"name": name, "digits": digits}
        raise Unreadable(_("The member “%(name)s” does not have %(digits)d hexadecimal digits.") % what)
    return value


def count(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _HIGHEST:
        raise Unreadable(_("The member “%(name)s” is not a whole number.") % {"name": name})
    return value


def hashes(value: Any, name: str) -> tuple[bytes, ...]:
    """A path through the tree; 128 steps are more than any has."""
    if not isinstance(value, list) or len(value) > 128:
        raise Unreadable(_("The member “%(name)s” is not a list of hashes.") % {"name": name})
    return tuple(bytes.fromhex(hexadecimal(one, name, 64)) for one in value)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable(_("A name stands twice in it, so it could be read in two ways."))
    return found


def _no_float(_text: str) -> Any:
    raise Unreadable(_("It holds a number that is not whole, which no certificate file does."))


def _look_through(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise Unreadable(_("It is nested deeper than any certificate file."))
    if isinstance(value, str):
        _well_formed(value)
    elif isinstance(value, list):
        for item in value:
            _look_through(item, depth + 1)
    elif isinstance(value, dict):
        for name, item in value.items():
            _well_formed(name)
            _look_through(item, depth + 1)


def _well_formed(found: str) -> None:
    """Half a character (a lone surrogate) is no text: it has no bytes that could be signed."""
    try:
        found.encode()
    except UnicodeEncodeError:
        raise Unreadable(_("This is not text in UTF-8, so it is no certificate file.")) from None
