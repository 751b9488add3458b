"""Names that others will read: one line, without characters that would change how the rest of a page reads."""

from __future__ import annotations

import unicodedata
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# Joiners shape letters and emoji; every other format character (bidirectional overrides above all) only misleads.
_JOINERS: Final = {"\u200c", "\u200d"}
_REFUSED: Final = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def plain_name(text: str) -> None:
    """Raise ValidationError for control characters, and for those that turn the direction of writing."""
    if any(unicodedata.category(mark) in _REFUSED and mark not in _JOINERS for mark in text):
        raise ValidationError(_("Use letters, digits and signs only; this holds an invisible character"))
