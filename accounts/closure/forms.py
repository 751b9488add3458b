"""The form that closes an account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.closure.models import Choice


class CloseForm(forms.Form):
    # Neither is chosen beforehand: what is erased without being returned is gone for good.
    choice = forms.ChoiceField(
        label=_("What becomes of the data?"),
        choices=Choice.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the two"), "invalid_choice": _("Choose one of the two")},
    )
    name = forms.CharField(
        label=_("Type the account’s name"),
        max_length=200,
        error_messages={"required": _("Type the account’s name to confirm")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, name: str, days: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._name = name
        self.fields["choice"].help_text = _(
            "The law leaves it to you. What is returned is one file with everything: messages with their texts and "
            "numbers as far as they are still kept, usage and payments, people and keys without secrets, webhooks, the "
            "audit trail and certificates. It is made when the service has ended; you have %(days)d days to fetch it, "
            "and nothing is erased before it is made."
        ) % {"days": days}

    def clean_name(self) -> str:
        typed: str = self.cleaned_data["name"]
        if " ".join(typed.split()) != " ".join(self._name.split()):
            raise forms.ValidationError(_("This is not the account’s name"))
        return typed
