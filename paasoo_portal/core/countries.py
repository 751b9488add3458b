"""Names of countries in the reader's language, from Unicode's own tables (CLDR)."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale, UnknownLocaleError
from django.utils.translation import get_language


def name(code: str) -> str:
    """A country's name by its ISO 3166 alpha-2 code; the code itself where there is none."""
    return _names(get_language() or "en").get(code, code)


@lru_cache(maxsize=16)
def _names(language: str) -> dict[str, str]:
    try:
        locale = Locale.parse(language.replace("-", "_"), sep="_")
    except (UnknownLocaleError, ValueError):
        locale = Locale("en")
    return {str(code): str(text) for code, text in locale.territories.items()}
