"""Classic message ids: three groups, 6-6-3, base 36, that encode their day, so that a look-up prunes.

day (16 bits) · millisecond of the day (27 bits) · the top 34 random bits of the message's UUIDv7: 77 bits in 15
characters. They name a message within its account; they authorise nothing.
"""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

from paasoo_portal.core import ids

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_FORM: Final = re.compile(r"[0-9a-z]{6}-[0-9a-z]{6}-[0-9a-z]{3}")
_DAY_MS: Final = 86_400_000
_KEPT: Final = 34
_LOST: Final = 74 - _KEPT


def encode(identity: UUID) -> str:
    """The classic id of a message."""
    day, millisecond = divmod(ids.milliseconds_of(identity), _DAY_MS)
    number = (day << 27 | millisecond) << _KEPT | ids.random_bits(identity) >> _LOST
    characters = []
    for _ in range(15):
        number, digit = divmod(number, 36)
        characters.append(_DIGITS[digit])
    text = "".join(reversed(characters))
    return f"{text[:6]}-{text[6:12]}-{text[12:]}"


def bounds(classic: str) -> tuple[UUID, UUID] | None:
    """The lowest and the highest UUID that a classic id may stand for, or None when it is none."""
    text = classic.strip().lower()
    if not _FORM.fullmatch(text):
        return None
    number = int(text.replace("-", ""), 36)
    kept, moment = number & (1 << _KEPT) - 1, number >> _KEPT
    day, millisecond = moment >> 27, moment & (1 << 27) - 1
    if day >= 1 << 16 or millisecond >= _DAY_MS:
        return None
    milliseconds = day * _DAY_MS + millisecond
    low = kept << _LOST
    return ids.build(milliseconds, low), ids.build(milliseconds, low | (1 << _LOST) - 1)
