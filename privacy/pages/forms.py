"""The form that instructs for how many days a class of data is kept."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from privacy.retention.models import RetentionBound


class InstructionForm(forms.Form):
    days = forms.IntegerField(
        label=gettext_lazy("Days to keep"),
        widget=forms.NumberInput(attrs={"class": "short", "inputmode": "numeric"}),
        error_messages={
            "required": gettext_lazy("Enter a number of days"),
            "invalid": gettext_lazy("Enter a whole number of days"),
        },
    )

    def __init__(self, data: Any, *, bound: RetentionBound, now: int) -> None:
        super().__init__(data, initial={"days": now})
        self.bound, self.now = bound, now
        self.fields["days"].help_text = _("From %(floor)d to %(ceiling)d.") % {
            "floor": bound.floor_days,
            "ceiling": bound.ceiling_days,
        } + (" " + _("0 means: not stored beyond delivery.") if bound.floor_days == 0 else "")

    def clean_days(self) -> int:
        days: int = self.cleaned_data["days"]
        if not self.bound.floor_days <= days <= self.bound.ceiling_days:
            raise forms.ValidationError(
                _("Enter a number from %(floor)d to %(ceiling)d"),
                params={"floor": self.bound.floor_days, "ceiling": self.bound.ceiling_days},
            )
        if days == self.now:
            raise forms.ValidationError(_("That is the number of days now"))
        return days
