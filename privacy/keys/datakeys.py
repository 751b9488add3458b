"""Data keys: one per account, data class, day its retention starts, day it is due, and generation.

Making one holds the shared creation lock, so a census cannot overlook it. A key enters the cache only once
its transaction has committed: what was sealed under a key that rolled back could never be opened. Keeps
P-RET-2.
"""

from __future__ import annotations

import os
from datetime import date
from uuid import UUID

from django.db import connections, transaction

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import current
from privacy.keys import cache, guard, locks, store
from privacy.keys.datakey import KEY_BYTES, DataKey
from privacy.keys.errors import Erased, PastDue, UnknownKey
from privacy.keys.store import KeyRow
from privacy.keys.vault import VaultMismatch, vault


def for_sealing(alias: str, account_id: UUID, data_class: int, starts_on: date, due_on: date) -> DataKey:
    """The key to seal with, made when there is none. Needs the account's scope, or a system scope.

    `due_on` is the first day on which what is sealed must not be readable, at the earliest the day after
    `starts_on`. Raises PastDue, NoScope, VaultMismatch, VaultUnavailable.
    """
    _require_scope(account_id)
    if due_on <= starts_on or due_on <= clock.today():
        raise PastDue(f"no key for class {data_class} is made that is due on {due_on}")
    found = cache.keys().by_use((alias, account_id, data_class, starts_on, due_on))
    if found is not None:
        return found
    row = store.by_use(alias, account_id, data_class, starts_on, due_on)
    if row is None:
        row = _create(alias, account_id, data_class, starts_on, due_on)
    key = store.unwrap(alias, row)
    transaction.on_commit(lambda: cache.keys().put(key, for_sealing=True), using=alias)
    return key


def open_sealed(
    alias: str, account_id: UUID, key_id: UUID, sealed: bytes, *, table: str, column: str, row: UUID
) -> bytes:
    """One sealed value. Raises Erased, SealRefused, UnknownKey. For many rows use `opener`."""
    key = living(alias, account_id, [key_id])[key_id]
    return key.open(sealed, table=table, column=column, row=row)


def living(alias: str, account_id: UUID | None, ids: list[UUID]) -> dict[UUID, DataKey]:
    """The keys of all `ids`, by one query for what is not in memory. Raises Erased or UnknownKey for the
    first that does not live.
    """
    found, problems = look_up(alias, account_id, ids)
    for problem in problems.values():
        raise problem
    return found


def look_up(
    alias: str, account_id: UUID | None, ids: list[UUID], *, until_taken: bool = False
) -> tuple[dict[UUID, DataKey], dict[UUID, Exception]]:
    """The living keys among `ids`, and for each other one why not (Erased or UnknownKey).

    With an account, another account's key is as unknown as none. A key whose day has come is Erased at once,
    even before the night's run has taken it; with `until_taken` (delivery of what was accepted just before
    midnight) only once the run has.
    """
    _require_scope(account_id)
    held = {key_id: cache.keys().by_id(alias, key_id) for key_id in dict.fromkeys(ids)}
    missing = [key_id for key_id, key in held.items() if key is None]
    keys = {key_id: key for key_id, key in held.items() if key is not None}
    if missing:
        for row in store.by_ids(alias, missing):
            key = store.unwrap(alias, row)
            keys[key.id] = key
            _remember(alias, key)
    return _sort_out(alias, account_id, list(held), keys, None if until_taken else clock.today())


def _sort_out(
    alias: str,
    account_id: UUID | None,
    ids: list[UUID],
    keys: dict[UUID, DataKey],
    today: date | None,
) -> tuple[dict[UUID, DataKey], dict[UUID, Exception]]:
    foreign = [] if account_id is None else [k for k, key in keys.items() if key.account_id != account_id]
    for key_id in foreign:
        del keys[key_id]
    problems: dict[UUID, Exception] = {}
    for key in list(keys.values()):
        if today is not None and key.due_on <= today:
            problems[key.id] = Erased(keys.pop(key.id).id, due_on=key.due_on)
    gone = [key_id for key_id in ids if key_id not in keys and key_id not in problems]
    if gone:
        erased = store.tombstones(alias, account_id, gone)
        for key_id in gone:
            problems[key_id] = erased.get(key_id) or UnknownKey(key_id, alias)
    return keys, problems


def _create(alias: str, account_id: UUID, data_class: int, starts_on: date, due_on: date) -> KeyRow:
    """A new key in the newest epoch, or the one that somebody else has just made."""
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        locks.share_creation(cursor)
        row = store.by_use(alias, account_id, data_class, starts_on, due_on)
        if row is not None:
            return row
        epoch = newest_open(alias)
        row = KeyRow(
            epoch,
            uuid7(),
            account_id,
            data_class,
            starts_on,
            due_on,
            _next_generation(cursor, account_id, data_class, starts_on, due_on),
            b"",
        )
        row = row._replace(wrapped=vault().wrap(alias, epoch, os.urandom(KEY_BYTES), row.context(alias)))
        cursor.execute(
            f"INSERT INTO privacy_datakey ({store.COLUMNS}, created_at) "  # noqa: S608  constants
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id",
            [*row, clock.now()],
        )
        if cursor.fetchone() is not None:
            return row
    return _made_by_another(alias, account_id, data_class, starts_on, due_on)


def _made_by_another(alias: str, account_id: UUID, data_class: int, starts_on: date, due_on: date) -> KeyRow:
    row = store.by_use(alias, account_id, data_class, starts_on, due_on)
    if row is None:
        raise VaultMismatch(f"a data key of {alias} can neither be made nor found")
    return row


def newest_open(alias: str) -> int:
    """The epoch in which keys are made. Raises VaultMismatch."""
    rows = [row.number for row in guard.check(alias) if row.state == guard.OPEN]
    if not rows:
        raise VaultMismatch(f"{alias} has no open epoch")
    return rows[-1]


def _next_generation(cursor: object, account_id: UUID, data_class: int, starts_on: date, due_on: date) -> int:
    """A key that was erased never comes back: what replaces it is another generation."""
    cursor.execute(  # type: ignore[attr-defined]
        "SELECT count(*) FROM privacy_keytombstone "
        "WHERE account_id = %s AND data_class = %s AND starts_on = %s AND due_on = %s",
        [account_id, data_class, starts_on, due_on],
    )
    return int(cursor.fetchone()[0])  # type: ignore[attr-defined]


def _remember(alias: str, key: DataKey) -> None:
    transaction.on_commit(lambda: cache.keys().put(key), using=alias)


def _require_scope(account_id: UUID | None) -> None:
    scope = current()
    if scope.account_id is not None and scope.account_id != account_id:
        raise PermissionError("This scope belongs to another account than the key asked for.")
