"""What the privacy officer says of a hold."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core import clock, directory
from paasoo_portal.core.days import DayField
from paasoo_portal.core.names import plain_name
from privacy.holds.models import Scope
from privacy.keys.models import INSTRUCTED_CHOICES


class NumberField(forms.RegexField):
    """A number in E.164, with or without its plus; cleaned to digits, as numbers are stored."""

    def __init__(self, **given: Any) -> None:
        given.setdefault("error_messages", {"invalid": _("Enter the number as +447700900100")})
        widget = forms.TextInput(attrs={"autocomplete": "off", "inputmode": "tel"})
        super().__init__(regex=r"^\+?[1-9][0-9]{6,14}$", widget=widget, **given)

    def clean(self, value: Any) -> str:
        cleaned: str = super().clean("".join(str(value or "").split()))
        return cleaned.lstrip("+")


def existing(kind: str, identity: UUID | None, refusal: Any) -> UUID | None:
    """The id, when the directory knows whom it names. Raises ValidationError."""
    if identity is not None and directory.label(kind, identity) == str(identity):
        raise ValidationError(refusal)
    return identity


class HoldForm(forms.Form):
    scope = forms.ChoiceField(
        label=_("What is covered"),
        choices=Scope.choices,
        widget=forms.RadioSelect,
        initial=Scope.ACCOUNT,
        error_messages={"required": _("Choose one")},
    )
    account_id = forms.UUIDField(
        label=_("Account"),
        required=False,
        help_text=_("Its id; an account’s page fills it in. Empty for a person."),
        error_messages={"invalid": _("This is not an id")},
    )
    person_id = forms.UUIDField(
        label=_("Person"),
        required=False,
        help_text=_("Their id; a person’s page fills it in. For a person alone."),
        error_messages={"invalid": _("This is not an id")},
    )
    number = NumberField(
        label=_("Number"),
        required=False,
        help_text=_("As +447700900100. For one number alone; it is stored sealed and shown masked."),
    )
    classes = forms.TypedMultipleChoiceField(
        label=_("What is preserved"),
        required=False,
        choices=INSTRUCTED_CHOICES,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Of messages. Of a person everything is preserved that an access copy would hold."),
    )
    first_day = DayField(
        label=_("First day"),
        required=False,
        help_text=_("The UTC day on which the messages were sent or received, as 2026-11-24."),
    )
    last_day = DayField(
        label=_("Last day"),
        required=False,
        help_text=_(
            "Empty: until the hold is released. Numbers change hands: name the days of whom it is about."
        ),
    )
    authority = forms.CharField(
        label=_("Authority"),
        max_length=200,
        validators=[plain_name],
        help_text=_("Which court or authority orders it. The customer sees it, unless it is kept from them."),
        error_messages={"required": _("Enter who orders it")},
    )
    reference = forms.CharField(
        label=_("Their reference"),
        max_length=80,
        validators=[plain_name],
        error_messages={"required": _("Enter their reference")},
    )
    secret = forms.BooleanField(
        label=_("The order forbids to tell the customer and the person"),
        required=False,
        help_text=_("Then nothing they see differs: copies are kept, and their own data go as instructed."),
    )
    review_on = DayField(
        label=_("Review on"),
        help_text=_("When somebody looks again whether it is still needed; within a year."),
    )

    def clean_account_id(self) -> UUID | None:
        return existing("account", self.cleaned_data["account_id"], _("No account has this id"))

    def clean_person_id(self) -> UUID | None:
        return existing("person", self.cleaned_data["person_id"], _("Nobody has this id"))

    def clean_review_on(self) -> date:
        day: date = self.cleaned_data["review_on"]
        if not 0 < (day - clock.today()).days <= 366:
            raise ValidationError(_("Choose a day within the next year"))
        return day

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("scope") == Scope.PERSON:
            self._needs("person_id", _("Enter the person’s id"))
            return values | {
                "account_id": None, "number": "", "classes": [], "first_day": clock.today(), "last_day": None,
            }  # fmt: skip
        self._needs("account_id", _("Enter the account’s id"))
        self._needs("classes", _("Choose at least one"))
        self._needs("first_day", _("Enter a day"))
        if values.get("scope") == Scope.NUMBER:
            self._needs("number", _("Enter the number"))
        first, last = values.get("first_day"), values.get("last_day")
        if first is not None and last is not None and last < first:
            self.add_error("last_day", _("The last day is before the first"))
        values["person_id"] = None
        if values.get("scope") != Scope.NUMBER:
            values["number"] = ""
        return values

    def _needs(self, name: str, refusal: Any) -> None:
        if name not in self.errors and not self.cleaned_data.get(name):
            self.add_error(name, refusal)
