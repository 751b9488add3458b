"""The key vault: epoch keys, outside PostgreSQL. Reachable from privacy.keys alone (import contract)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings

from privacy.keys.vault.base import Receipt, Vault
from privacy.keys.vault.errors import EpochDestroyed, EpochExists, VaultMismatch, VaultUnavailable
from privacy.keys.vault.folder import FolderVault

__all__ = [
    "EpochDestroyed",
    "EpochExists",
    "FolderVault",
    "Receipt",
    "Vault",
    "VaultMismatch",
    "VaultUnavailable",
    "vault",
]


def vault() -> Vault:
    """The vault that KEY_VAULT_URL names."""
    return _open(settings.KEY_VAULT_URL, float(settings.KEY_CACHE_SECONDS), settings.KMS_WAITING_DAYS)


@lru_cache(maxsize=8)
def _open(url: str, cache_seconds: float, waiting_days: int) -> Vault:
    parts = urlsplit(url)
    if parts.scheme == "kms":
        from privacy.keys.vault import kms

        return kms.open_vault(parts, cache_seconds=cache_seconds, waiting_days=waiting_days)
    if parts.scheme != "file" or parts.netloc or not parts.path:
        raise VaultUnavailable(
            "KEY_VAULT_URL must look like file:///path/of/a/folder or kms://region/name-of-the-vault"
        )
    return FolderVault(Path(unquote(parts.path)), cache_seconds=cache_seconds)
