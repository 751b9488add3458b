"""What the privacy officer says of a hold."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core import clock, directory
from privacy.keys.models import DataClass


class HoldForm(forms.Form):
    account_id = forms.UUIDField(
        label=_("Account"),
        help_text=_("Its id; an account’s page fills it in."),
        error_messages={"required": _("Enter the account’s id"), "invalid": _("This is not an id")},
    )
    classes = forms.TypedMultipleChoiceField(
        label=_("What is preserved"),
        choices=DataClass.choices,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one")},
    )
    first_day = forms.DateField(
        label=_("First day"),
        help_text=_("The UTC day on which the messages were sent or received, as 2026-11-24."),
        error_messages={"required": _("Enter a day"), "invalid": _("Enter a day as 2026-11-24")},
    )
    last_day = forms.DateField(
        label=_("Last day"),
        required=False,
        help_text=_("Empty: until the hold is released."),
        error_messages={"invalid": _("Enter a day as 2026-11-24")},
    )
    authority = forms.CharField(
        label=_("Authority"),
        max_length=200,
        help_text=_("Which court or authority orders it. The customer sees it."),
        error_messages={"required": _("Enter who orders it")},
    )
    reference = forms.CharField(
        label=_("Their reference"), max_length=80, error_messages={"required": _("Enter their reference")}
    )
    review_on = forms.DateField(
        label=_("Review on"),
        help_text=_("When somebody looks again whether it is still needed; within a year."),
        error_messages={"required": _("Enter a day"), "invalid": _("Enter a day as 2026-11-24")},
    )

    def clean_account_id(self) -> UUID:
        account_id: UUID = self.cleaned_data["account_id"]
        if directory.label("account", account_id) == str(account_id):
            raise ValidationError(_("No account has this id"))
        return account_id

    def clean_review_on(self) -> date:
        day: date = self.cleaned_data["review_on"]
        if not 0 < (day - clock.today()).days <= 366:
            raise ValidationError(_("Choose a day within the next year"))
        return day

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        first, last = values.get("first_day"), values.get("last_day")
        if first is not None and last is not None and last < first:
            self.add_error("last_day", _("The last day is before the first"))
        return values
