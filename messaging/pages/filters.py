"""The message log's filters: a GET form that always has a time bound, and a number searched for by POST."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, cast
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import ApiKey
from messaging.messages.states import Direction, State
from messaging.pages import words
from paasoo_portal.core import clock
from paasoo_portal.core.days import DayPicker

USUAL_DAYS: Final = 7
MOST_DAYS: Final = 100
# No number is kept longer (P-RET-2).
LONGEST_DAYS: Final = 400

_UNDERWAY = (
    State.ACCEPTED,
    State.QUEUED,
    State.SENDING,
    State.SENT,
    State.SCHEDULED,
    State.UNKNOWN,
)
_GROUPS: Final = {"underway": _UNDERWAY, "failures": words.FAILURES}


@dataclass(frozen=True)
class LogFilter:
    """What to show: UTC days, both included, and whatever narrows them. `number` is E.164 digits."""

    region: str
    first_day: date
    last_day: date
    states: tuple[int, ...] = ()
    direction: int | None = None
    sender: str = ""
    api_key_id: UUID | None = None
    number: str = ""

    @property
    def counted(self) -> bool:
        """Whether the counters can tell how many there are."""
        return not (self.sender or self.api_key_id or self.number)


class LogFilterForm(forms.Form):
    """Everything is optional; what is left out means the last seven days of the home region."""

    region = forms.ChoiceField(label=gettext_lazy("Region"), required=False)
    state = forms.ChoiceField(label=gettext_lazy("State"), required=False)
    direction = forms.ChoiceField(
        label=gettext_lazy("Direction"),
        required=False,
        choices=[("", gettext_lazy("Both")), *Direction.choices],
    )
    first = DayPicker(label=gettext_lazy("From (UTC day)"))
    last = DayPicker(label=gettext_lazy("To (UTC day)"))
    sender = forms.CharField(
        label=gettext_lazy("Sender"),
        required=False,
        max_length=16,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    key = forms.ChoiceField(label=gettext_lazy("API key"), required=False)

    def __init__(self, data: Any, *, home: str) -> None:
        super().__init__(data)
        self.home = home
        self._offer(
            "region",
            [(code, region.label) for code, region in settings.REGIONS.items()],
        )
        states = [(str(number), shown.label) for number, shown in words.STATES.items()]
        groups = [
            ("", _("All")),
            ("underway", _("Not final yet")),
            ("failures", _("All failures")),
        ]
        self._offer("state", [*groups, *states])
        keys = ApiKey.objects.order_by("name").values_list("pk", "name")
        self._offer("key", [("", _("All")), *((str(key), name) for key, name in keys)])

    def _offer(self, name: str, choices: list[tuple[str, Any]]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        today = clock.today()
        last = values.get("last") or today
        first = values.get("first") or min(last, today) - timedelta(days=USUAL_DAYS - 1)
        if "first" not in self.errors and "last" not in self.errors:
            if first > last:
                self.add_error("first", _("The first day must not be after the last"))
            elif (last - first).days >= MOST_DAYS:
                self.add_error(
                    "first",
                    _("Choose at most %(days)d days at once") % {"days": MOST_DAYS},
                )
        values.update(first=first, last=last, region=values.get("region") or self.home)
        return values

    def asked(self, number: str = "") -> LogFilter:
        """The filter asked for; with errors in the form, the usual one of the home region."""
        if not self.is_valid():
            today = clock.today()
            return LogFilter(self.home, today - timedelta(days=USUAL_DAYS - 1), today, number=number)
        values = self.cleaned_data
        return LogFilter(
            region=values["region"],
            first_day=values["first"],
            last_day=values["last"],
            states=_states(values["state"]),
            direction=int(values["direction"]) if values["direction"] else None,
            sender=values["sender"],
            api_key_id=UUID(values["key"]) if values["key"] else None,
            number=number,
        )


class NumberForm(forms.Form):
    """The number to look for; it comes by POST and never stands in an address."""

    number = forms.CharField(
        label=gettext_lazy("Number"),
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off", "inputmode": "tel"}),
        error_messages={"required": gettext_lazy("Enter a number to look for")},
    )

    def clean_number(self) -> str:
        """Its digits, country code first."""
        raw = self.cleaned_data["number"].strip()
        digits = "".join(mark for mark in raw if mark.isascii() and mark.isdigit())
        digits = digits.removeprefix("00") if raw.startswith("00") else digits
        if not 5 <= len(digits) <= 15:
            raise forms.ValidationError(_("Enter a number with its country code, such as +44 7700 900123"))
        return digits


class EndUserForm(NumberForm):
    """A number and the days on which it was the person's: numbers are recycled."""

    first = DayPicker(label=gettext_lazy("From (UTC day)"))
    last = DayPicker(label=gettext_lazy("To (UTC day)"))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        last = values.get("last") or clock.today()
        first = values.get("first") or last - timedelta(days=LONGEST_DAYS)
        if first > last:
            self.add_error("first", _("The first day must not be after the last"))
        return values | {"first": max(first, last - timedelta(days=LONGEST_DAYS)), "last": last}


def _states(choice: str) -> tuple[int, ...]:
    if choice in _GROUPS:
        return tuple(int(state) for state in _GROUPS[choice])
    return (int(choice),) if choice else ()
