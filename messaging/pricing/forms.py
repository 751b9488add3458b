"""The staff form for a price."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from messaging.pricing.models import Price
from paasoo_portal.core import countries

_NETWORK: Final = re.compile(r"\d{5,6}", re.ASCII)


class PriceForm(forms.ModelForm):
    """Country by ISO 3166's two letters, network by MCC and MNC (ITU-T E.212): the log knows no others."""

    class Meta:
        model = Price
        fields = ("country", "network", "amount", "effective_on")

    def clean_country(self) -> str:
        code = str(self.cleaned_data["country"]).upper()
        if not countries.exists(code):
            raise ValidationError(_("No country has these letters; enter two, such as GB"))
        return code

    def clean_network(self) -> str:
        network = str(self.cleaned_data["network"])
        if network and not _NETWORK.fullmatch(network):
            raise ValidationError(_("Enter its five or six digits, such as 23410, or nothing"))
        return network

    def clean_amount(self) -> Decimal:
        amount: Decimal = self.cleaned_data["amount"]
        if amount < 0:
            raise ValidationError(_("A price is never below zero"))
        return amount
