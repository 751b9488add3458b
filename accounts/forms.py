"""Sign-in forms: allauth's, in our words, without placeholders standing in for labels."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account import forms as allauth
from django import forms
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core.names import plain_name

NEW_PASSWORD_HELP = _("At least ten characters. A sentence is good; your password manager is better.")


class PlainForm(forms.Form):
    """Puts our labels, hints and errors in place of the parent's, for each field named in `words`."""

    words: ClassVar[dict[str, tuple[Any, Any, Any]]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            if name in self.words:
                field.label, field.help_text, field.error_messages["required"] = self.words[name]


class SignInForm(PlainForm, allauth.LoginForm):
    words: ClassVar = {
        "login": (_("Email address"), "", _("Enter your email address")),
        "password": (_("Password"), "", _("Enter your password")),
    }


class SignUpForm(PlainForm, allauth.SignupForm):
    words: ClassVar = {
        "name": (_("Your name"), "", _("Enter your name")),
        "email": (
            _("Work email address"),
            _("You sign in with it."),
            _("Enter your email address"),
        ),
        "password1": (_("Password"), NEW_PASSWORD_HELP, _("Enter a password")),
    }
    name = forms.CharField(
        max_length=150, validators=[plain_name], widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    field_order = ["name", "email", "password1"]


class ResetForm(PlainForm, allauth.ResetPasswordForm):
    words: ClassVar = {"email": (_("Email address"), "", _("Enter your email address"))}


class ResetKeyForm(PlainForm, allauth.ResetPasswordKeyForm):
    words: ClassVar = {
        "password1": (_("New password"), NEW_PASSWORD_HELP, _("Enter a new password")),
        "password2": (_("New password again"), "", _("Enter the new password again")),
    }


class ChangeForm(PlainForm, allauth.ChangePasswordForm):
    words: ClassVar = {
        "oldpassword": (_("Password now"), "", _("Enter the password you have now")),
        "password1": (_("New password"), NEW_PASSWORD_HELP, _("Enter a new password")),
        "password2": (_("New password again"), "", _("Enter the new password again")),
    }


class SetForm(PlainForm, allauth.SetPasswordForm):
    words: ClassVar = {
        "password1": (_("Password"), NEW_PASSWORD_HELP, _("Enter a password")),
        "password2": (_("Password again"), "", _("Enter the password again")),
    }


class EmailForm(PlainForm, allauth.AddEmailForm):
    words: ClassVar = {
        "email": (
            _("New address"),
            _("We send a link to it; until you follow it, nothing changes."),
            _("Enter an email address"),
        )
    }


class ReauthenticateForm(PlainForm, allauth.ReauthenticateForm):
    words: ClassVar = {"password": (_("Password"), "", _("Enter your password"))}
