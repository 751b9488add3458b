"""The form that sends one message, and what its check page says before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging import numbers
from messaging.encoding import segments
from messaging.pages.words import ENCODINGS
from messaging.projections.models import RegionPrice
from paasoo_portal.core import clock, regions
from privacy.keys.models import DataClass
from privacy.retention.instructions import in_force

LONGEST_TEXT = 1530
_SHORTER = (0, 1, 7, 14, 30, 60)


class SendForm(forms.Form):
    region = forms.ChoiceField(label=gettext_lazy("Send from and keep in"), required=False)
    sender = forms.CharField(
        label=gettext_lazy("From"),
        required=False,
        max_length=16,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    to = forms.CharField(
        label=gettext_lazy("To"),
        max_length=40,
        help_text=gettext_lazy("With country code, such as +44 7700 900100."),
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Enter the number to send to")},
    )
    text = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=LONGEST_TEXT,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={
            "required": gettext_lazy("Enter a text"),
            "max_length": gettext_lazy("Enter at most %(limit_value)d characters"),
        },
    )
    keep = forms.TypedChoiceField(
        label=gettext_lazy("Keep the text"),
        required=False,
        coerce=int,
        empty_value=None,
    )

    def __init__(self, data: Any, *, home: str, default_sender: str, content_days: int) -> None:
        super().__init__(data)
        self.home, self.default_sender = home, default_sender
        region, keep = (cast(forms.ChoiceField, self.fields[name]) for name in ("region", "keep"))
        region.choices = [(code, where.label) for code, where in settings.REGIONS.items()]
        region.initial = home
        self.fields["sender"].help_text = _(
            "At most 11 letters and digits, or a number. Empty: %(default)s."
        ) % {"default": default_sender}
        keep.choices = [
            (
                "",
                _("%(days)d days, as your account instructs") % {"days": content_days},
            ),
            *((str(days), _keep_label(days)) for days in _SHORTER if days < content_days),
        ]

    def clean_sender(self) -> str:
        sender = self.cleaned_data["sender"].strip() or self.default_sender
        bare = sender.removeprefix("+")
        if bare.isascii() and bare.isdigit() and len(bare) <= 15:
            return bare
        if not (sender.isascii() and sender.replace(" ", "").isalnum() and len(sender) <= 11):
            raise forms.ValidationError(_("Enter at most 11 letters and digits, or a number"))
        return sender

    def clean_to(self) -> numbers.Number:
        found = numbers.parse(self.cleaned_data["to"])
        if found is None:
            raise forms.ValidationError(_("Enter a number with its country code, such as +44 7700 900100"))
        return found

    def clean_text(self) -> str:
        text = self.cleaned_data["text"].replace("\r\n", "\n")
        if not text.strip():
            raise forms.ValidationError(_("Enter a text"))
        return text

    def clean_region(self) -> str:
        return self.cleaned_data["region"] or self.home


@dataclass(frozen=True)
class Check:
    """What is about to happen."""

    region: regions.Region
    sender: str
    number: numbers.Number
    text: str
    segmentation: segments.Segmentation
    price: Decimal | None
    keep_days: int
    kept_until: date

    @property
    def encoding(self) -> str | Promise:
        return ENCODINGS[self.segmentation.encoding]

    @property
    def cost(self) -> Decimal | None:
        return None if self.price is None else self.price * self.segmentation.segments


def check(account_id: UUID, values: dict[str, Any]) -> Check:
    """Everything the check page says, from a valid form. Needs the account's scope on the control plane."""
    region = regions.get(values["region"])
    days = in_force(account_id, DataClass.CONTENT, clock.now())
    keep = days if values["keep"] is None else min(values["keep"], days)
    return Check(
        region=region,
        sender=values["sender"],
        number=values["to"],
        text=values["text"],
        segmentation=segments.analyse(values["text"]),
        price=price_of(region.alias, values["to"]),
        keep_days=keep,
        kept_until=clock.today() + timedelta(days=max(keep - 1, 0)),
    )


def price_of(alias: str, number: numbers.Number) -> Decimal | None:
    """The price of a segment to the number in the region; the network's own before the country's."""
    rows = RegionPrice.objects.using(alias).filter(
        country=number.country, network__in=["", number.network or ""]
    )
    return rows.order_by("-network").values_list("amount", flat=True).first()


def _keep_label(days: int) -> str:
    return _("Not beyond delivery") if days == 0 else _("%(days)d days") % {"days": days}
