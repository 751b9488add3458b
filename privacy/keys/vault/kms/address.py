"""KEY_VAULT_URL for KMS: `kms://<region>/<vault-name>`, with `?endpoint=…` for a stand-in or a private address."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, parse_qs, urlsplit

from django.conf import settings

from privacy.keys.vault.errors import VaultUnavailable
from privacy.keys.vault.kms.api import Api
from privacy.keys.vault.kms.vault import KmsVault

_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_NAME: Final = re.compile(r"/[a-z0-9_-]{1,63}")
_WAITING_DAYS: Final = range(7, 31)


def open_vault(url: SplitResult, *, cache_seconds: float, waiting_days: int) -> KmsVault:
    """Raises VaultUnavailable when the address or the waiting period is none that KMS has."""
    query = parse_qs(url.query)
    if not _REGION.fullmatch(url.netloc) or not _NAME.fullmatch(url.path) or query.keys() - {"endpoint"}:
        raise VaultUnavailable("KEY_VAULT_URL must look like kms://eu-west-1/name-of-the-vault")
    if waiting_days not in _WAITING_DAYS:
        raise VaultUnavailable("KMS_WAITING_DAYS must lie between 7 and 30")
    api = Api(url.netloc, _endpoint(query.get("endpoint", [""])[-1]))
    return KmsVault(api, url.path[1:], cache_seconds=cache_seconds, waiting_days=waiting_days)


def _endpoint(address: str) -> str | None:
    if not address:
        return None
    parts = urlsplit(address)
    schemes = {"https"} if settings.PRODUCTION else {"https", "http"}
    if parts.scheme not in schemes or not parts.hostname or parts.username or parts.password:
        raise VaultUnavailable("the endpoint in KEY_VAULT_URL must be an https address without a password")
    return address
