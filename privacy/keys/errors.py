"""Why a sealed value cannot be opened. Only Erased means erased; everything else is loud."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from privacy.errors import PrivacyError
from privacy.keys.vault.errors import EpochDestroyed, VaultMismatch, VaultUnavailable

__all__ = [
    "EpochDestroyed",
    "Erased",
    "PastDue",
    "SealRefused",
    "UnknownKey",
    "VaultMismatch",
    "VaultUnavailable",
]


class Erased(PrivacyError):
    """The key is gone, as instructed. Without `erased_at` its day has come and tonight's run will record it."""

    user = _("Deleted at the end of its retention period.")

    def __init__(
        self,
        key_id: UUID,
        *,
        due_on: date,
        erased_at: datetime | None = None,
        reason: str = "retention",
        certificate_id: UUID | None = None,
    ) -> None:
        super().__init__(f"data key {key_id} was erased ({reason}, due {due_on})")
        self.key_id = key_id
        self.due_on = due_on
        self.erased_at = erased_at
        self.reason = reason
        self.certificate_id = certificate_id


class SealRefused(PrivacyError):
    """The ciphertext is not the one sealed for this row under this key: moved, altered or damaged."""


class UnknownKey(PrivacyError):
    """Neither a living key nor a tombstone: never to be read as "erased"."""

    def __init__(self, key_id: UUID, alias: str) -> None:
        super().__init__(f"data key {key_id} is unknown in {alias}: neither living nor erased")
        self.key_id = key_id


class PastDue(PrivacyError):
    """A key was asked for whose day to die has come already."""
