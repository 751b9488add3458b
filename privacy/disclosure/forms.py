"""What the desk says of an order: how it came, whether it binds, and as little as it asks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core import clock, countries
from paasoo_portal.core.days import DayField
from paasoo_portal.core.names import plain_name
from privacy.disclosure.models import OrderKind, Transfer, Validity
from privacy.holds.forms import HoldForm


def _words(label: Any, refusal: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=help_text,
        error_messages={"required": refusal},
    )


class OrderForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("What it is"),
        choices=OrderKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one")},
    )
    authority = forms.CharField(
        label=_("Authority"),
        max_length=200,
        validators=[plain_name],
        error_messages={"required": _("Enter who orders it")},
    )
    their_reference = forms.CharField(
        label=_("Their reference"),
        max_length=80,
        validators=[plain_name],
        error_messages={"required": _("Enter their reference")},
    )
    country = forms.RegexField(
        label=_("Country"),
        regex=r"^[A-Za-z]{2}$",
        help_text=_("Of the authority, as two letters: IE, DE, US."),
        error_messages={"required": _("Enter two letters"), "invalid": _("Enter two letters")},
    )
    legal_basis = forms.CharField(
        label=_("Legal basis"),
        max_length=300,
        validators=[plain_name],
        help_text=_("The law and section that it names."),
        error_messages={"required": _("Enter the law it names")},
    )
    asked = _words(_("What is asked"), _("Say what is asked"), _("In its own words; stored sealed."))
    received_on = DayField(label=_("Received on"))
    answer_by = DayField(
        label=_("Answer by"),
        help_text=_("The day it names, or that its law names."),
    )
    silent = forms.BooleanField(label=_("It forbids to tell the customer"), required=False)
    silent_until = DayField(
        label=_("Forbidden until"),
        required=False,
        help_text=_("On that day the customer is told. Empty: until you lift the ban here."),
    )

    def clean_country(self) -> str:
        code = str(self.cleaned_data["country"]).upper()
        if not countries.exists(code):
            raise ValidationError(_("No country has these letters; enter two, such as GB"))
        return code

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        received, answer = values.get("received_on"), values.get("answer_by")
        if received is not None and received > clock.today():
            self.add_error("received_on", _("This day is still to come"))
        if received is not None and answer is not None and answer < received:
            self.add_error("answer_by", _("This is before it was received"))
        return values


class AssessForm(forms.Form):
    validity = forms.ChoiceField(
        label=_("Is it valid?"),
        help_text=_("Competent, signed, within its law, and about us."),
        choices=[one for one in Validity.choices if one[0] != Validity.OPEN],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one")},
    )
    transfer = forms.ChoiceField(
        label=_("Art. 48 GDPR"),
        choices=[one for one in Transfer.choices if one[0] != Transfer.OPEN],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one")},
    )
    assessment = _words(_("Why"), _("Say why"), _("Name the agreement, where there is one."))


class GrantForm(HoldForm):
    """What of it is granted. Who orders it, and whether it is secret, the order says already."""

    granted = _words(
        _("Why this much"), _("Say why"), _("As little as the order asks; name what you left out and why.")
    )
    field_order = (
        "scope",
        "account_id",
        "person_id",
        "number",
        "classes",
        "first_day",
        "last_day",
        "granted",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("authority", "reference", "secret", "review_on"):
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        account_id: UUID | None = values.get("account_id")
        return values | {"account_id": account_id}


class RefuseForm(forms.Form):
    granted = _words(_("Why it is refused"), _("Say why"))
