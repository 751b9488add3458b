"""What every back-end does alike: it gets at an epoch's 32-byte key in its own way, and wraps here, in memory.

AES-256-GCM, bound to the caller's context. An epoch key stays in memory for at most `cache_seconds`.
"""

from __future__ import annotations

import os
import time
from abc import abstractmethod
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from privacy.keys.vault.base import Vault

_NONCE_BYTES: Final = 12
_VERSION: Final = b"\x01"
_LEAST_BYTES: Final = len(_VERSION) + _NONCE_BYTES + 16


class WrappingVault(Vault):
    """Thread-safe."""

    def __init__(self, *, cache_seconds: float) -> None:
        self._cache_seconds = cache_seconds
        self._cache: dict[tuple[str, int], tuple[AESGCM, float]] = {}

    @abstractmethod
    def _read(self, database: str, epoch: int) -> bytes:
        """The epoch's key. Raises EpochDestroyed, VaultMismatch, VaultUnavailable."""

    def wrap(self, database: str, epoch: int, plaintext: bytes, context: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._aead(database, epoch).encrypt(nonce, plaintext, context)

    def unwrap(self, database: str, epoch: int, wrapped: bytes, context: bytes) -> bytes:
        aead = self._aead(database, epoch)
        if len(wrapped) < _LEAST_BYTES or wrapped[:1] != _VERSION:
            raise InvalidTag
        nonce, body = wrapped[1 : 1 + _NONCE_BYTES], wrapped[1 + _NONCE_BYTES :]
        return aead.decrypt(nonce, body, context)

    def forget(self) -> None:
        self._cache.clear()

    def _aead(self, database: str, epoch: int) -> AESGCM:
        held = self._cache.get((database, epoch))
        if held is not None and held[1] > time.monotonic():
            return held[0]
        aead = AESGCM(self._read(database, epoch))
        self._cache[database, epoch] = (aead, time.monotonic() + self._cache_seconds)
        return aead
