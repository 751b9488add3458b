"""The two data keys that a message of today is sealed under, made when the day's first message needs them."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from uuid import UUID

from messaging.accept.rules import Keeping
from paasoo_portal.core.tenancy import open_scope, scope
from privacy.keys import DataClass, DataKey, for_sealing
from privacy.keys.cache import keys as cached

Pair = tuple[DataKey, DataKey]


def held(alias: str, account_id: UUID, keeping: Keeping) -> Pair | None:
    """Both keys if this process has them in memory."""
    content = cached().by_use(
        (alias, account_id, DataClass.CONTENT, keeping.starts_on, keeping.content_key_due_on)
    )
    number = cached().by_use(
        (alias, account_id, DataClass.NUMBER, keeping.starts_on, keeping.number_key_due_on)
    )
    return (content, number) if content is not None and number is not None else None


def fetch(alias: str, account_id: UUID, keeping: Keeping) -> Pair:
    """Both keys, made when they do not exist. Raises VaultMismatch, VaultUnavailable, PastDue."""
    found = open_scope()
    inside = found is not None and found.account_id is None
    around: AbstractContextManager[None] = nullcontext() if inside else scope(account_id, using=[alias])
    with around:
        return (
            for_sealing(alias, account_id, DataClass.CONTENT, keeping.starts_on, keeping.content_key_due_on),
            for_sealing(alias, account_id, DataClass.NUMBER, keeping.starts_on, keeping.number_key_due_on),
        )
