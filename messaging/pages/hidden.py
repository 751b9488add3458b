"""A phone number must not stand in a URL, where logs and histories keep it. A search carries it sealed
instead.

The number goes in by POST; what the address bar then shows is the number encrypted under a key derived from
the site's secret and the session, bound to the account and good for fifteen minutes. Nothing is stored, pages
can be turned and bookmarked harmlessly, and with the session the token can no longer be opened by anybody.
"""

from __future__ import annotations

import base64
import binascii
import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from paasoo_portal.core import clock

GOOD_FOR_SECONDS = 15 * 60
_NONCE = 12


def hide(number: str, *, session_key: str, account_id: UUID) -> str:
    """A token for the URL that holds the number (E.164 digits) for fifteen minutes."""
    nonce = os.urandom(_NONCE)
    until = int(clock.now().timestamp()) + GOOD_FOR_SECONDS
    sealed = _cipher(session_key).encrypt(nonce, until.to_bytes(8, "big") + number.encode(), account_id.bytes)
    return base64.urlsafe_b64encode(nonce + sealed).decode().rstrip("=")


def reveal(token: str, *, session_key: str, account_id: UUID) -> str | None:
    """The number, or None when the token is too old, altered, or another session's or account's."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        plain = _cipher(session_key).decrypt(raw[:_NONCE], raw[_NONCE:], account_id.bytes)
    except (binascii.Error, ValueError, InvalidTag):
        return None
    until = int.from_bytes(plain[:8], "big")
    return plain[8:].decode() if until >= clock.now().timestamp() else None


def _cipher(session_key: str) -> AESGCM:
    derive = HKDF(
        hashes.SHA256(),
        32,
        salt=session_key.encode(),
        info=b"messaging.pages.hidden.v1",
    )
    return AESGCM(derive.derive(settings.SECRET_KEY.encode()))
