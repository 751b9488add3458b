"""The GSM 03.38 default alphabet (3GPP TS 23.038, 6.2.1) and its extension table, as counts of septets."""

from __future__ import annotations

from typing import Final

_BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION: Final = "\f^{}\\[~]|€"

SEPTETS: Final[dict[str, int]] = {
    **dict.fromkeys(_BASIC, 1),
    **dict.fromkeys(_EXTENSION, 2),
}
_ALPHABET: Final = frozenset(SEPTETS)
_DOUBLE: Final = frozenset(_EXTENSION)


def fits(text: str) -> bool:
    """Whether every character is in the default alphabet or its extension."""
    return _ALPHABET.issuperset(text)


def has_extension(text: str) -> bool:
    """Whether a character takes two septets."""
    return not _DOUBLE.isdisjoint(text)
