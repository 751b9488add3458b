"""The vault: where epoch keys live, outside PostgreSQL, one series per database.

No copy of an epoch key may outlive its destruction, so a vault is in no back-up; redundancy is a second vault
that destroys as well. Keeps P-RET-2, P-SEC-1.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from datetime import timedelta
from typing import ClassVar, Final, Literal

Receipt = dict[str, str | int]
_NAME: Final = re.compile(r"[a-z0-9_-]{1,63}")


def series_name(database: str) -> str:
    """The database's name, when it may name a series: it becomes part of paths and addresses."""
    if not _NAME.fullmatch(database):
        raise ValueError("A database's name in the vault is lower case, without separators.")
    return database


class Vault(ABC):
    """A back-end. `database` is the series' name (a database alias); epochs count up from 1 and never return."""

    # What a destruction here may honestly be called on a certificate.
    erasure: ClassVar[Literal["logical", "irrecoverable"]]
    # For how long after its receipt a destruction might still be undone by whoever rules the vault.
    destruction_delay: timedelta = timedelta()

    @abstractmethod
    def create(self, database: str, epoch: int) -> None:
        """Make the key of an epoch, durably, and read it back. Raises EpochExists, VaultMismatch."""

    @abstractmethod
    def wrap(self, database: str, epoch: int, plaintext: bytes, context: bytes) -> bytes:
        """Encrypt under the epoch key, bound to `context`. Raises EpochDestroyed, VaultMismatch."""

    @abstractmethod
    def unwrap(self, database: str, epoch: int, wrapped: bytes, context: bytes) -> bytes:
        """The reverse. Raises cryptography's InvalidTag when `wrapped` or `context` is not what was wrapped."""

    @abstractmethod
    def destroy(self, database: str, epoch: int) -> Receipt:
        """Destroy an epoch key and give the receipt; asked again, give the same receipt."""

    @abstractmethod
    def epochs(self, database: str) -> list[int]:
        """The epochs whose key exists, ascending."""

    @abstractmethod
    def receipts(self, database: str) -> dict[int, Receipt]:
        """The receipts of the destroyed epochs; one without `destroyed_at` says less than that (see the back-end)."""

    @abstractmethod
    def fingerprint(self, database: str) -> str:
        """The series' public name, 64 hex digits, or "" when the vault has never seen this database."""

    @abstractmethod
    def mark_in_use(self, database: str, epoch: int) -> None:
        """Record that the database has opened the epoch; the mark never falls."""

    @abstractmethod
    def in_use(self, database: str) -> int:
        """The highest epoch that the database is known to have opened (0: none)."""

    @abstractmethod
    def signing_key(self) -> bytes:
        """The 32-byte seed of the Ed25519 key that signs certificates; made on first use."""

    def exposed(self, database: str) -> list[bytes]:
        """The bare epoch keys that whoever reads the vault's place sees; none where a service keeps them."""
        return []

    @abstractmethod
    def forget(self) -> None:
        """Drop what is held in memory: epoch keys, and whatever else was read."""

    @abstractmethod
    def check(self) -> None:
        """Raise VaultUnavailable unless the vault can be read and written now."""

    def head(self, database: str) -> int:
        """The highest epoch ever made, destroyed ones included; it never falls."""
        return max([0, *self.epochs(database), *self.receipts(database)])
