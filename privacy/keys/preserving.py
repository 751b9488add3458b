"""The keys of preserved copies: one for each hold or case and database, whose id follows from both.

So making it twice makes it once, and one that was destroyed is never made again. Keeps P-RET-8, P-RET-9.
"""

from __future__ import annotations

import os
from datetime import date
from typing import Final
from uuid import UUID, uuid5

from django.db import connections, transaction

from paasoo_portal.core import clock
from privacy.keys import locks, store
from privacy.keys.datakey import KEY_BYTES
from privacy.keys.datakeys import newest_open
from privacy.keys.errors import PastDue
from privacy.keys.models import DataClass
from privacy.keys.store import KeyRow
from privacy.keys.vault import vault

_KEYS: Final = UUID("2f7a1d54-8a0e-5c1b-9f43-7c0d1be8a6c4")
_GENERATION: Final = (
    "SELECT coalesce(max(generation), -1) + 1 FROM privacy_datakey "
    "WHERE account_id = %s AND data_class = %s AND starts_on = %s AND due_on = %s"
)


def id_of(case_id: UUID, alias: str) -> UUID:
    return uuid5(_KEYS, f"{case_id}/{alias}")


def make(alias: str, account_id: UUID, key_id: UUID, starts_on: date, due_on: date) -> None:
    """Make the key unless it lives. Needs the maintenance lock, so that no two are made at once, and a scope.

    Raises Erased for one that was destroyed, PastDue, VaultMismatch, VaultUnavailable.
    """
    if due_on <= clock.today():
        raise PastDue(f"no key of copies is made that is due on {due_on}")
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        locks.share_creation(cursor)
        if store.by_ids(alias, [key_id]):
            return
        for erased in store.tombstones(alias, account_id, [key_id]).values():
            raise erased
        cursor.execute(_GENERATION, [account_id, DataClass.PRESERVED, starts_on, due_on])
        generation = cursor.fetchone()[0]
        row = KeyRow(
            newest_open(alias), key_id, account_id, DataClass.PRESERVED, starts_on, due_on, generation, b""
        )
        row = row._replace(wrapped=vault().wrap(alias, row.epoch, os.urandom(KEY_BYTES), row.context(alias)))
        cursor.execute(
            f"INSERT INTO privacy_datakey ({store.COLUMNS}, created_at) "  # noqa: S608  constants
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [*row, clock.now()],
        )


def due_day(alias: str, key_id: UUID) -> date | None:
    """The day on which the key dies by itself; None for one that does not live. Needs a scope."""
    found = store.by_ids(alias, [key_id])
    return found[0].due_on if found else None
