"""What can be wrong with a vault. None of it may ever read as "erased", but for EpochDestroyed."""

from __future__ import annotations

from privacy.errors import PrivacyError


class VaultUnavailable(PrivacyError):
    """The vault cannot be read or written now, or one of its files is damaged."""


class VaultMismatch(PrivacyError):
    """The vault is not the one this database belongs to, or it stands at an older (or lost) state."""


class EpochExists(PrivacyError):
    """An epoch key is never overwritten."""


class EpochDestroyed(PrivacyError):
    """The epoch key was destroyed, and the vault holds the receipt."""
