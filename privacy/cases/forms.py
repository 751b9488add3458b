"""What staff say of a case."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core.days import DayField
from privacy.cases.models import Kind
from privacy.holds.forms import NumberField, existing


class CaseForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("Kind of exception"),
        choices=Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one")},
    )
    account_id = forms.UUIDField(
        label=_("Account"),
        help_text=_("Its id; an account’s page fills it in."),
        error_messages={"required": _("Enter the account’s id"), "invalid": _("This is not an id")},
    )
    number = NumberField(
        label=_("Number"),
        required=False,
        help_text=_("As +447700900100, when one number alone is about it. It is stored sealed."),
    )
    first_day = DayField(
        label=_("First day"),
        help_text=_("Of the messages, in UTC, as 2026-11-24."),
    )
    last_day = DayField(
        label=_("Last day"),
        help_text=_("Today at the latest, and within three months of the first."),
    )
    with_number = forms.BooleanField(label=_("Copy numbers"), required=False)
    with_content = forms.BooleanField(label=_("Copy content"), required=False)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Why copies are needed, for whoever reviews it. The customer sees the kind, not this text."
        ),
        error_messages={"required": _("Say why")},
    )

    def clean_account_id(self) -> UUID | None:
        return existing("account", self.cleaned_data["account_id"], _("No account has this id"))

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        first, last = values.get("first_day"), values.get("last_day")
        if first is not None and last is not None and last < first:
            self.add_error("last_day", _("The last day is before the first"))
        return values


class ExtendForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason of the extension"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why")},
    )
