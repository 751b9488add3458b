"""The form that closes an account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class CloseForm(forms.Form):
    name = forms.CharField(
        label=_("Type the account’s name"),
        max_length=200,
        error_messages={"required": _("Type the account’s name to confirm")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._name = name

    def clean_name(self) -> str:
        typed: str = self.cleaned_data["name"]
        if " ".join(typed.split()) != " ".join(self._name.split()):
            raise forms.ValidationError(_("This is not the account’s name"))
        return typed
