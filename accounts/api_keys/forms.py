"""The forms for API keys, new and changed."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.api_keys.scopes import LEAST, KeyScope
from paasoo_portal.core import clock
from paasoo_portal.core.names import plain_name

MOST_NETWORKS = 20
_LIFETIMES = [("90", _("90 days")), ("365", _("A year")), ("", _("Until it is revoked"))]


class KeyChangeForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        help_text=_("What uses it, such as “Billing server”, so that you know it again."),
        max_length=80,
        validators=[plain_name],
        error_messages={"required": _("Enter a name for the key")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What may it do?"),
        choices=KeyScope.choices,
        initial=LEAST,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one thing the key may do")},
    )
    ip_allow = forms.CharField(
        label=_("Allowed addresses"),
        required=False,
        help_text=_("One IP address or network a line, such as 192.0.2.0/24. Empty: any address."),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"}),
    )

    def clean_ip_allow(self) -> list[str]:
        """Each line as a network in canonical form."""
        lines = [line.strip() for line in self.cleaned_data["ip_allow"].splitlines() if line.strip()]
        if len(lines) > MOST_NETWORKS:
            raise forms.ValidationError(_("Enter at most %(most)d lines"), params={"most": MOST_NETWORKS})
        return [_network(line) for line in lines]


class ApiKeyForm(KeyChangeForm):
    lifetime = forms.ChoiceField(
        label=_("How long does it work?"),
        choices=_LIFETIMES,
        initial="365",
        required=False,
        widget=forms.RadioSelect,
    )

    def expires_at(self) -> datetime | None:
        """The instant the chosen lifetime ends, or None."""
        days = self.cleaned_data["lifetime"]
        return clock.now() + timedelta(days=int(days)) if days else None

    def service_arguments(self) -> dict[str, Any]:
        return {
            "name": self.cleaned_data["name"],
            "scopes": self.cleaned_data["scopes"],
            "ip_allow": self.cleaned_data["ip_allow"],
            "expires_at": self.expires_at(),
        }


def _network(line: str) -> str:
    try:
        return str(ipaddress.ip_network(line, strict=False))
    except ValueError:
        raise forms.ValidationError(
            _("“%(line)s” is not an IP address or network"), params={"line": line[:50]}
        ) from None
