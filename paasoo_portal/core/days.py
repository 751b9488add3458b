"""UTC days as forms take them."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

FIRST: Final = date(2000, 1, 1)
LAST: Final = date(2199, 12, 31)
_DAY_ERRORS: Final = {"required": _("Enter a day"), "invalid": _("Enter a day as 2026-11-24")}


def plausible(day: date) -> bool:
    """Whether one can count on from this day: ids (RFC 9562) know none before 1970, Python none after 9999."""
    return FIRST <= day <= LAST


class DayField(forms.DateField):
    """A day of ours; any other is refused as nobody's."""

    def __init__(self, *, error_messages: dict[str, Any] | None = None, **given: Any) -> None:
        super().__init__(error_messages={**_DAY_ERRORS, **(error_messages or {})}, **given)

    def to_python(self, value: Any) -> date | None:
        """Raises ValidationError."""
        day = super().to_python(value)
        if day is not None and not plausible(day):
            raise ValidationError(_("Enter a day of the years from 2000 to 2199"), code="range")
        return day


class DayPicker(DayField):
    """The same, picked from the browser's calendar; empty if one likes."""

    def __init__(self, **given: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(required=False, widget=widget, **given)
