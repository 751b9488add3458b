"""Segments, the billing unit: 160/153 septets or 70/67 UTF-16 code units.

A character is never split: neither an extension character's two septets nor a surrogate pair.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from messaging.encoding import gsm7


class Encoding(IntEnum):
    GSM7 = 0
    UCS2 = 1


_SINGLE: Final = {Encoding.GSM7: 160, Encoding.UCS2: 70}
_MULTI: Final = {Encoding.GSM7: 153, Encoding.UCS2: 67}


@dataclass(frozen=True, slots=True)
class Segmentation:
    """How a text goes out: `units` are septets or UTF-16 code units, `per_segment` how many fit in one."""

    encoding: Encoding
    units: int
    segments: int
    per_segment: int


def analyse(text: str) -> Segmentation:
    """Count a text. An empty one is one segment of nothing."""
    if gsm7.fits(text):
        if not gsm7.has_extension(text):
            return _count(Encoding.GSM7, len(text), None)
        return _count(Encoding.GSM7, *_sum(gsm7.SEPTETS[c] for c in text))
    if all(ord(character) <= 0xFFFF for character in text):
        return _count(Encoding.UCS2, len(text), None)
    return _count(Encoding.UCS2, *_sum(2 if ord(c) > 0xFFFF else 1 for c in text))


def _sum(sizes: Iterable[int]) -> tuple[int, list[int]]:
    listed = list(sizes)
    return sum(listed), listed


def _count(encoding: Encoding, units: int, sizes: list[int] | None) -> Segmentation:
    if units <= _SINGLE[encoding]:
        return Segmentation(encoding, units, 1, _SINGLE[encoding])
    room = _MULTI[encoding]
    if sizes is None:
        return Segmentation(encoding, units, -(-units // room), room)
    segments, used = 1, 0
    for size in sizes:
        if used + size > room:
            segments, used = segments + 1, 0
        used += size
    return Segmentation(encoding, units, segments, room)
