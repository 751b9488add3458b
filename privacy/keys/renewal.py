"""A key made anew for what stays, so that the former one can die with what was erased: the rows are gone already, and
with the key their bytes in dead tuples, WAL and back-ups of any age can be read by nobody.

Borders of transactions: the new key is one, each batch of rows sealed anew is one (the caller's), burying the former
key is one. After a crash anywhere the next try goes on with the rows that still name the former key. Keeps P-RET-7.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connections

from paasoo_portal.core.faults import fault
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import system_scope
from privacy.keys import burial, guard, locks, store
from privacy.keys.datakey import KEY_BYTES, DataKey
from privacy.keys.errors import VaultMismatch
from privacy.keys.store import KeyRow
from privacy.keys.vault import vault

REASON: Final = "erasure"
# Seals a bounded batch of the former key's rows under the new one; how many. Nothing left: 0.
Rewrite = Callable[[DataKey, DataKey], int]


def renew(
    alias: str, account_id: UUID, key_ids: Sequence[UUID], rewrite: Rewrite, certificate_id: UUID
) -> int:
    """Make those of an account's keys that live anew and bury them; how many. Needs the maintenance lock and the worker.

    Their days are over: nobody seals under them any more but who began before midnight, and the night begins later.
    Raises VaultMismatch, VaultUnavailable, SealRefused; nothing is buried then.
    """
    with system_scope("renewal", using=(alias,)):
        former = store.by_ids(alias, key_ids)
    for row in former:
        old, new = _successor(alias, row)
        while rewrite(old, new):
            fault("renewal.batch")
    burial.bury(alias, account_id, [row.id for row in former], reason=REASON, certificate_id=certificate_id)
    fault("renewal.buried")
    return len(former)


def sealed_since(alias: str, row: UUID) -> datetime:
    """When a living key was made: nothing was sealed under it before. Needs a scope."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT min(created_at) FROM privacy_datakey WHERE id = %s", [row])
        made: datetime = cursor.fetchone()[0]
    return made


def _successor(alias: str, row: KeyRow) -> tuple[DataKey, DataKey]:
    """The key, and the one of the next generation that takes its place: an earlier try may have made it."""
    with system_scope("renewal", using=(alias,)), connections[alias].cursor() as cursor:
        locks.share_creation(cursor)
        old = store.unwrap(alias, row)
        newest = store.by_use(alias, row.account_id, row.data_class, row.starts_on, row.due_on)
        if newest is not None and newest.generation > row.generation:
            return old, store.unwrap(alias, newest)
        new = _next(cursor, alias, row)
        cursor.execute(
            f"INSERT INTO privacy_datakey ({store.COLUMNS}, created_at) "  # noqa: S608  constants
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [*new, sealed_since(alias, row.id)],
        )
        return old, store.unwrap(alias, new)


def _next(cursor: Any, alias: str, row: KeyRow) -> KeyRow:
    epochs = [one.number for one in guard.check(alias) if one.state == guard.OPEN]
    if not epochs:
        raise VaultMismatch(f"{alias} has no open epoch")
    cursor.execute(
        "SELECT count(*) FROM privacy_keytombstone WHERE account_id = %s AND data_class = %s AND starts_on = %s "
        "AND due_on = %s",
        [row.account_id, row.data_class, row.starts_on, row.due_on],
    )
    generation = max(row.generation, cursor.fetchone()[0]) + 1
    new = row._replace(epoch=epochs[-1], id=uuid7(), generation=generation, wrapped=b"")
    return new._replace(wrapped=vault().wrap(alias, new.epoch, os.urandom(KEY_BYTES), new.context(alias)))
