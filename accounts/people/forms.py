"""The form about oneself."""

from __future__ import annotations

import zoneinfo
from functools import cache
from itertools import groupby
from pathlib import Path

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core.names import plain_name

Choices = list[tuple[str, object]]


@cache
def zones() -> Choices:
    """UTC, and every time zone that is named after a place, by continent; second names of one place left out."""
    names = sorted(
        name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/")
    )
    places = _places()
    kept = [name for name in names if name in places] or names
    groups = groupby(kept, key=lambda name: name.partition("/")[0])
    return [("UTC", "UTC"), *((group, [_zone(name) for name in found]) for group, found in groups)]


def _zone(name: str) -> tuple[str, str]:
    return name, name.partition("/")[2].replace("_", " ")


def _places() -> set[str]:
    """The names that the system's table of places gives; empty where there is no such table."""
    for folder in zoneinfo.TZPATH:
        table = Path(folder) / "zone.tab"
        if table.exists():
            lines = table.read_text("utf-8").splitlines()
            return {line.split("\t")[2] for line in lines if line and not line.startswith("#")}
    return set()


class ProfileForm(forms.Form):
    name = forms.CharField(
        label=_("Your name"),
        help_text=_("Your colleagues see it."),
        max_length=150,
        validators=[plain_name],
        error_messages={"required": _("Enter your name")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    language = forms.ChoiceField(
        label=_("Language"), help_text=_("Of the portal, and of the emails you get.")
    )
    timezone = forms.ChoiceField(
        label=_("Time zone"), help_text=_("In which every time is shown, and named.")
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["language"].choices = settings.LANGUAGES  # type: ignore[attr-defined]
        mine = self.initial.get("timezone", "UTC")
        self.fields["timezone"].choices = _with(zones(), mine)  # type: ignore[attr-defined]


def _with(choices: Choices, mine: str) -> Choices:
    """What somebody has chosen stays on offer, under whatever name."""
    offered = {name for _group, found in choices[1:] if isinstance(found, list) for name, _label in found}
    return choices if mine in {"UTC", *offered} else [*choices, (mine, mine)]
