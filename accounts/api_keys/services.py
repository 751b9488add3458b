"""The only writers of API keys. The secret leaves here once and is stored as a hash.

Keeps P-SEC-1, P-SEC-5.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.api_keys.models import ApiKey
from accounts.api_keys.scopes import LEAST
from accounts.errors import AccountError
from accounts.teams.services import touch_account
from paasoo_portal.core import audit, clock, hooks
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_KEY_LENGTH = 12
_SECRET_BYTES = 24


class TwoSecrets(AccountError):
    user: str | Promise = _("This key has two secrets already. Stop the former one first.")


class MadeAlready(AccountError):
    """The same form was sent before."""

    user: str | Promise = _("That key was made already. Its secret is not shown a second time.")


@dataclass(frozen=True)
class NewKey:
    """A key with its secret, to be shown once."""

    key: ApiKey
    secret: str


def hash_secret(secret: str) -> str:
    """SHA-256 in hex: right for a secret of 192 random bits, which no dictionary holds."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create_api_key(
    *,
    account_id: UUID,
    name: str,
    created_by_id: UUID | None,
    scopes: Sequence[str] = LEAST,
    ip_allow: Sequence[str] = (),
    expires_at: datetime | None = None,
    key_id: UUID | None = None,
) -> NewKey:
    """Make a key and have it projected to the regions once it is committed.

    Raises MadeAlready if one stands under `key_id`.
    """
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    with scope(account_id):
        key, new = ApiKey.objects.get_or_create(
            pk=key_id or uuid7(),
            defaults={
                "account_id": account_id,
                "key": "".join(secrets.choice(_LETTERS) for _ in range(_KEY_LENGTH)),
                "secret_hash": hash_secret(secret),
                "name": name,
                "scopes": sorted(scopes),
                "ip_allow": list(ip_allow),
                "created_by_id": created_by_id,
                "expires_at": expires_at,
            },
        )
        if not new:
            raise MadeAlready(f"API key {key.pk} was made before")
        _tell(audit.Event.API_KEY_CREATED, key, created_by_id)
    return NewKey(key, secret)


def revoke_api_key(*, account_id: UUID, key_id: UUID, revoked_by_id: UUID | None) -> bool:
    """Stop a key for good; False when it was stopped before. Raises ApiKey.DoesNotExist."""
    with scope(account_id):
        key = ApiKey.objects.select_for_update().get(pk=key_id)
        if key.revoked_at is not None:
            return False
        key.revoked_at = clock.now()
        key.save(update_fields=["revoked_at"])
        _tell(audit.Event.API_KEY_REVOKED, key, revoked_by_id)
    return True


def change_api_key(
    *, account_id: UUID, key_id: UUID, name: str, scopes: Sequence[str], ip_allow: Sequence[str], by_id: UUID
) -> None:
    """What a working key may do, and from where. Raises ApiKey.DoesNotExist."""
    with scope(account_id):
        key = ApiKey.objects.select_for_update().get(pk=key_id, revoked_at=None)
        key.name, key.scopes, key.ip_allow = name, sorted(scopes), list(ip_allow)
        key.save(update_fields=["name", "scopes", "ip_allow"])
        _tell(audit.Event.API_KEY_CHANGED, key, by_id)


def add_secret(*, account_id: UUID, key_id: UUID, by_id: UUID) -> NewKey:
    """A second secret; the one now goes on working until it is stopped. Raises ApiKey.DoesNotExist, TwoSecrets."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    with scope(account_id):
        key = ApiKey.objects.select_for_update().get(pk=key_id, revoked_at=None)
        if key.former_hash:
            raise TwoSecrets(f"API key {key_id} has two secrets")
        key.former_hash, key.secret_hash, key.former_used_at = key.secret_hash, hash_secret(secret), None
        key.save(update_fields=["secret_hash", "former_hash", "former_used_at"])
        _tell(audit.Event.API_KEY_ROTATED, key, by_id)
    return NewKey(key, secret)


def stop_former_secret(*, account_id: UUID, key_id: UUID, by_id: UUID) -> bool:
    """Have the newer secret alone work; False when it does. Raises ApiKey.DoesNotExist."""
    with scope(account_id):
        key = ApiKey.objects.select_for_update().get(pk=key_id)
        if not key.former_hash:
            return False
        key.former_hash, key.former_used_at = "", None
        key.save(update_fields=["former_hash", "former_used_at"])
        _tell(audit.Event.API_KEY_FORMER_STOPPED, key, by_id)
    return True


def _tell(event: audit.Event, key: ApiKey, actor_id: UUID | None) -> None:
    touch_account(key.account_id)
    actor_kind = "person" if actor_id else "system"
    audit.record(
        event, account_id=key.account_id, actor_id=actor_id, actor_kind=actor_kind, subject_id=key.pk
    )
    transaction.on_commit(lambda: hooks.call("account.changed", account_id=key.account_id))
