"""Search tokens: an HMAC under a key derived from the number's data key, so the token dies with it.

A dump without the vault offers no dictionary to try numbers against (P-CAT-5).
"""

from __future__ import annotations

import hmac
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

TOKEN_BYTES: Final = 16
_INFO: Final = b"paasoo/search-token/1"


def token_key(data_key: bytes) -> bytes:
    """The key of the tokens; the data key is random, so HKDF's extract step has nothing to add."""
    return HKDFExpand(algorithm=SHA256(), length=32, info=_INFO).derive(data_key)


def token(key: bytes, value: bytes) -> bytes:
    return hmac.digest(key, value, "sha256")[:TOKEN_BYTES]
