"""Signing with the Ed25519 key that the vault holds: whoever rewrites the database cannot sign for us."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from privacy.keys.vault import vault


def _private() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(vault().signing_key())


def public_key() -> str:
    """The public key, 64 hex digits, to be published where the database's writers cannot change it."""
    return _private().public_key().public_bytes_raw().hex()


def sign(content: bytes) -> str:
    """The signature, 128 hex digits."""
    return _private().sign(content).hex()


def is_signed(content: bytes, signature: str, public: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), content)
    except (InvalidSignature, ValueError):
        return False
    return True
