"""Names of countries in the reader's language, from Unicode's own tables (CLDR)."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from babel import Locale, UnknownLocaleError
from django.utils.translation import get_language

_UNICODES_OWN: Final = frozenset(["CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "UN", "XA", "XB", "ZZ"])


def name(code: str) -> str:
    """A country's name by its ISO 3166 alpha-2 code; the code itself where there is none."""
    return _names(get_language() or "en").get(code, code)


def exists(code: str) -> bool:
    """Whether a country has these two letters, as in ISO 3166, or a place with a dial code of its own, such as XK."""
    return len(code) == 2 and code.isalpha() and code in _names("en") and code not in _UNICODES_OWN


@lru_cache(maxsize=16)
def _names(language: str) -> dict[str, str]:
    try:
        locale = Locale.parse(language.replace("-", "_"), sep="_")
    except (UnknownLocaleError, ValueError):
        locale = Locale("en")
    return {str(code): str(text) for code, text in locale.territories.items()}
