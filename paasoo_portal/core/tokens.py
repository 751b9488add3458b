"""Tokens of links: stored as a digest, so that a stolen table opens nothing."""

from __future__ import annotations

import hashlib


def hash_token(token: str) -> str:
    """Plain SHA-256 in hexadecimal: the token is random and long already, so it needs no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()
