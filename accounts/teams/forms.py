"""The forms about an account and its team."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from accounts.forms import NEW_PASSWORD_HELP
from accounts.people.models import Person
from accounts.teams.models import REGION_CODES, Role
from paasoo_portal.core.names import plain_name

ROLE_MEANINGS = {
    Role.ADMINISTRATOR: _("everything, and answers for the account"),
    Role.DEVELOPER: _("sends, reads, manages API keys and webhooks"),
    Role.SUPPORT: _("reads messages with their numbers and texts"),
    Role.BILLING: _("sees what is spent"),
    Role.VIEWER: _("sees states and counts; numbers are masked, texts hidden"),
}


def organisation_name() -> forms.CharField:
    return forms.CharField(
        label=_("Name of your organisation"),
        max_length=120,
        validators=[plain_name],
        error_messages={"required": _("Enter the name of your organisation")},
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )


class OpenAccountForm(forms.Form):
    name = organisation_name()
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


class AccountForm(forms.Form):
    """What an administrator may change of the account."""

    name = organisation_name()
    default_sender = forms.RegexField(
        label=_("Default sender ID"),
        help_text=_(
            "Shown to the recipient when a request names no sender: up to 11 letters, digits and spaces, "
            "or up to 15 digits."
        ),
        regex=r"^([A-Za-z0-9 ]{1,11}|[0-9]{1,15})$",
        error_messages={
            "required": _("Enter a sender ID"),
            "invalid": _("Use up to 11 letters, digits and spaces, or up to 15 digits"),
        },
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    push_url = forms.URLField(
        label=_("Delivery push URL"),
        help_text=_("The classic API reports every final state here. Empty: nothing is pushed."),
        required=False,
        max_length=500,
        validators=[plain_name],
        assume_scheme="https",
        error_messages={"invalid": _("Enter a URL such as https://www.example.com/delivery")},
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class RoleForm(forms.Form):
    role = forms.ChoiceField(
        label=_("Role"),
        choices=[(role, f"{role.label}: {ROLE_MEANINGS[role]}") for role in Role],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a role")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # In the reader's language, not in that of the import.
        field: Any = self.fields["role"]
        field.choices = [
            (role.value, _("%(role)s: %(meaning)s") % {"role": role.label, "meaning": ROLE_MEANINGS[role]})
            for role in Role
        ]


class InviteForm(RoleForm):
    email = forms.EmailField(
        label=_("Email address"),
        help_text=_("The invitation works for this address alone, once, for seven days."),
        max_length=254,
        error_messages={
            "required": _("Enter an email address"),
            "invalid": _("Enter an email address such as name@example.com"),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("email", "role")


class JoinForm(forms.Form):
    """Who follows an invitation and has no sign-in yet; the address is the invitation's."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        validators=[plain_name],
        error_messages={"required": _("Enter your name")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=_("Password"),
        help_text=NEW_PASSWORD_HELP,
        strip=False,
        max_length=1000,
        error_messages={"required": _("Enter a password")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, Person(email=self.email, name=self.data.get("name", "")))
        return password
