"""Who calls with a key and a secret, and whether they may: the same judgement for the door and for Django's views."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from messaging.accept.codes import Refused, SubmitCode
from messaging.accept.rules import AccountRules
from paasoo_portal.core import clock
from paasoo_portal.core.http.client_ip import Address, allowed

LONGEST_KEY: Final = 16
_NOBODY: Final = hashlib.sha256(b"no such key").hexdigest()


@dataclass(frozen=True, slots=True)
class Caller:
    """An API key with what must be known of its account."""

    key_id: UUID
    secret_hash: str
    # Of the secret that a newer one has replaced and nobody has stopped yet; empty when there is none.
    former_hash: str
    scopes: frozenset[str]
    ip_allow: tuple[str, ...]
    expires_at: datetime | None
    revoked_at: datetime | None
    account: AccountRules


def authorise(
    caller: Caller | None, secret: str, scope: str, address: Callable[[], Address | None]
) -> Caller:
    """The caller, when secret, life, scope and address allow it. Raises Refused; an unknown key costs the same."""
    given = _hash(secret)
    # Both are compared whatever the first says, so that the time tells nothing.
    matches = [
        hmac.compare_digest(given, known or _NOBODY)
        for known in ((caller.secret_hash, caller.former_hash) if caller is not None else ("", ""))
    ]
    if caller is None or not any(matches) or scope not in caller.scopes or not _alive(caller):
        raise Refused(SubmitCode.INVALID_CREDENTIALS)
    if caller.ip_allow and not allowed(address(), caller.ip_allow):
        raise Refused(SubmitCode.UNAUTHORIZED_IP)
    return caller


def is_former(caller: Caller, secret: str) -> bool:
    """Whether an accepted secret is the former one."""
    return bool(caller.former_hash) and hmac.compare_digest(_hash(secret), caller.former_hash)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _alive(caller: Caller) -> bool:
    expired = caller.expires_at is not None and caller.expires_at <= clock.now()
    return caller.revoked_at is None and not expired and not caller.account.closed
