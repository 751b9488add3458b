"""allauth's forms about the second factor, in our words."""

from __future__ import annotations

from typing import ClassVar

from allauth.mfa.base import forms as base
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django.utils.translation import gettext_lazy as _

from accounts.forms import PlainForm
from paasoo_portal.core.names import plain_name

_CODE = (_("Code"), _("Six digits from your app, or a recovery code."), _("Enter a code"))


class CodeForm(PlainForm, base.AuthenticateForm):
    words: ClassVar = {"code": _CODE}


class ConfirmCodeForm(PlainForm, base.ReauthenticateForm):
    words: ClassVar = {"code": _CODE}


class ActivateForm(PlainForm, totp.ActivateTOTPForm):
    words: ClassVar = {
        "code": (_("Code from the app"), _("Six digits."), _("Enter the code that the app shows"))
    }


class AddKeyForm(PlainForm, webauthn.AddWebAuthnForm):
    words: ClassVar = {
        "name": (_("Name"), _("So that you know it again, such as “Laptop”."), _("Enter a name")),
        "passwordless": (
            _("Sign in with it alone, without a password"),
            _("The key then asks for a fingerprint, a face or a PIN."),
            "",
        ),
    }

    def clean_name(self) -> str:
        name: str = super().clean_name()
        plain_name(name)
        return name[:80]


class RenameKeyForm(PlainForm, webauthn.EditWebAuthnForm):
    words: ClassVar = {"name": (_("Name"), "", _("Enter a name"))}

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        plain_name(name)
        return name[:80]
