"""The form that opens an account."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.teams.models import REGION_CODES


class OpenAccountForm(forms.Form):
    name = forms.CharField(
        label=_("Name of your organisation"),
        max_length=120,
        error_messages={"required": _("Enter the name of your organisation")},
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    region = forms.ChoiceField(
        label=_("Home region"),
        choices=REGION_CODES,
        initial="ie",
        help_text=_(
            "The region whose messages the portal shows first. Where a message is stored is decided by the "
            "endpoint it is sent to."
        ),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a region")},
    )
