"""Sealing a value: AES-256-GCM whose associated data name account, table, column, row and key.

A ciphertext moved to another row, column, table, account or key is refused, and the refusal names the row.
Keeps P-SEC-1.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from privacy.keys.errors import SealRefused

VERSION: Final = b"\x01"
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
OVERHEAD: Final = len(VERSION) + NONCE_BYTES + TAG_BYTES


@lru_cache(maxsize=512)
def _place(table: str, column: str) -> bytes:
    # NUL cannot occur in a PostgreSQL name, and all that stands before has a fixed length: one reading only.
    return table.encode() + b"\0" + column.encode()


def associated(account_id: UUID, key_id: UUID, table: str, column: str, row: UUID) -> bytes:
    """The associated data of a sealed value."""
    return b"".join((VERSION, account_id.bytes, key_id.bytes, row.bytes, _place(table, column)))


def seal(aead: AESGCM, plain: bytes, associated_data: bytes) -> bytes:
    """Version byte, nonce, ciphertext with tag."""
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + aead.encrypt(nonce, plain, associated_data)


def unseal(aead: AESGCM, sealed: bytes, associated_data: bytes, *, place: str) -> bytes:
    """The plaintext. Raises SealRefused naming `place` (table, column and row)."""
    if len(sealed) < OVERHEAD or sealed[:1] != VERSION:
        raise SealRefused(f"sealed value refused: {place}: not a sealed value of a version we know")
    nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        return aead.decrypt(nonce, body, associated_data)
    except InvalidTag:
        raise SealRefused(f"sealed value refused: {place}: moved, altered or damaged") from None
