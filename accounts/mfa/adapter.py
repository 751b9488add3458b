"""Where allauth's second factor meets the portal: sealed secrets, and a QR code that the strict policy lets through.

Keeps P-SEC-1: neither a TOTP secret nor the seed of recovery codes is stored in clear.
"""

from __future__ import annotations

from typing import ClassVar

import qrcode
from allauth.mfa.adapter import DefaultMFAAdapter
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django_cryptography.utils.crypto import Fernet

from accounts.people.models import Person


class PortalMfaAdapter(DefaultMFAAdapter):
    error_messages: ClassVar = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right, or was used already. Wait for the next one"),
        "add_email_blocked": _("With a second factor on, first turn it off to change your address"),
    }

    def get_totp_issuer(self) -> str:
        return "PaaSoo"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": "PaaSoo"}

    def get_public_key_credential_user_entity(self, user: Person) -> dict[str, object]:
        return {
            **super().get_public_key_credential_user_entity(user),
            "display_name": user.name or user.email,
        }

    def build_totp_svg(self, url: str) -> str:
        """Paths alone: an image by address would be data, and a style none of ours."""
        code = qrcode.QRCode(border=2)
        code.add_data(url)
        rows = code.get_matrix()
        dark = "".join(
            f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, filled in enumerate(row) if filled
        )
        return format_html(
            '<svg class="qr" viewBox="0 0 {size} {size}" role="img" aria-label="{label}">'
            '<rect width="{size}" height="{size}" fill="#fff"/><path d="{dark}" fill="#000"/></svg>',
            size=len(rows),
            label=_("QR code with the secret below"),
            dark=dark,
        )

    def encrypt(self, text: str) -> str:
        return Fernet().encrypt(text).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return Fernet().decrypt(encrypted_text.encode()).decode()
