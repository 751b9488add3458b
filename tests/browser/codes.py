"""RFC 6238 by itself: what an authenticator app would show. The portal's own code is not asked."""

from __future__ import annotations

import base64
import hashlib
import hmac


def hotp_value(secret: str, counter: int) -> int:
    """RFC 4226, section 5.3, for six digits."""
    digest = hmac.new(base64.b32decode(secret), counter.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return (int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF) % 1_000_000


def format_hotp_value(value: int) -> str:
    return f"{value:06}"
