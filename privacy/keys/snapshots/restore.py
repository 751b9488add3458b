"""Bringing an old copy of a database to the key state of its newest snapshot: only what may live is carried into it.

All that can go wrong is looked at before anything is changed, and the change is one transaction. The copy's own keys are
kept where the snapshot does not know them: those made after it was taken. None of them can be an erased one: what was
erased while an epoch key still exists has its tombstone in the snapshot or its line in the journal, and what was erased
before is wrapped under destroyed keys alone. What the journal knows on top is applied by `erasures replay`. Keeps P-RET-2.
"""

from __future__ import annotations

import logging
from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from django.db import connections

from paasoo_portal.core import audit
from paasoo_portal.core.tenancy import system_scope
from privacy import journal
from privacy.journal import marks
from privacy.journal.replay import asked
from privacy.keys import cache, epochs, guard, locks, store
from privacy.keys.burial import KIND
from privacy.keys.snapshots import sealed
from privacy.keys.snapshots import store as files
from privacy.keys.snapshots.sealed import Label, SnapshotForeign, SnapshotStale
from privacy.keys.snapshots.take import EPOCHS, KEYS, TOMBSTONES
from privacy.keys.store import KeyRow
from privacy.keys.vault import EpochDestroyed, VaultMismatch, vault

log = logging.getLogger(__name__)

# 5,000 keys: a statement of 1 MB.
_BATCH: Final = 5_000
_KEY_TYPES: Final = (
    "integer",
    "uuid",
    "uuid",
    "smallint",
    "date",
    "date",
    "smallint",
    "timestamptz",
    "bytea",
)
_TOMBSTONE_TYPES: Final = (
    "uuid", "uuid", "smallint", "date", "date", "timestamptz", "text", "uuid", "uuid", "integer",
)  # fmt: skip
_EPOCH_TYPES: Final = (
    "integer", "text", "timestamptz", "timestamptz", "timestamptz", "text", "bigint", "text",
)  # fmt: skip


@dataclass(frozen=True)
class Restored:
    """What a restore did: keys of the snapshot, keys of the copy's own that were kept, and keys that were left behind."""

    database: str
    epoch: int
    from_snapshot: int
    kept_own: int
    left_behind: int
    tombstones: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def restore(alias: str, path: Path | None = None) -> Restored:
    """Needs the worker's role, and nobody who seals. Repeating it does nothing twice.

    Raises Busy, SnapshotMissing, SnapshotForeign, SnapshotStale, SnapshotAltered, JournalError, VaultMismatch,
    VaultUnavailable: nothing was changed then.
    """
    with locks.maintenance(alias):
        file = files.read(path or files.newest(alias))
        label = sealed.read_label(file)
        _refuse_wrong(alias, label)
        content = sealed.unseal(file)
        _drop_erased(alias, content)
        own, left = _own_keys(alias, label, content)
        locks.patiently(alias, lambda cursor: _apply(cursor, alias, label, content, own))
    cache.forget()
    done = Restored(alias, label.epoch, len(content["keys"]), len(own), left, len(content["tombstones"]))
    audit.record(audit.Event.KEYS_RESTORED, **done.as_dict())
    log.info("keys restored", extra=done.as_dict())
    return done


def _refuse_wrong(alias: str, label: Label) -> None:
    """Another's snapshot, or one that others know to be old."""
    held, told = vault(), journal.journal().state()
    series = held.fingerprint(alias)
    if not series:
        raise VaultMismatch(f"the vault has never seen {alias}: missing or another's vault")
    if (label.database, label.series) != (alias, series):
        raise SnapshotForeign(
            f"the snapshot is of {label.database}, and not of this vault's series of {alias}"
        )
    if label.journal != told.fingerprint:
        raise SnapshotForeign(f"the snapshot of {alias} was taken beside another erasure journal")
    newest = marks.newest(alias)
    if newest is not None and newest[1].fingerprint != told.fingerprint:
        raise journal.JournalForeign(f"the erasure journal is not that of {alias}")
    rows = guard.epochs_of(alias)
    if any(row.fingerprint != series for row in rows):
        raise VaultMismatch(f"the vault's fingerprint is not that of {alias}: missing or another's vault")
    if label.number > told.head:
        raise journal.JournalBehind(
            f"the snapshot of {alias} was taken at line {label.number} of the journal, which ends with {told.head}"
        )
    later = {
        "the vault": held.in_use(alias),
        "the erasure journal": journal.known_epoch(alias)[0],
        "the database": rows[-1].number if rows else 0,
    }
    for who, epoch in later.items():
        if epoch > label.epoch:
            raise SnapshotStale(
                f"the snapshot of {alias} is of epoch {label.epoch}, but {who} stands at {epoch}: find a newer one"
            )
    if held.head(alias) < label.epoch:
        raise VaultMismatch(
            f"the snapshot of {alias} is of epoch {label.epoch}, the vault ends with {held.head(alias)}: it was rolled back"
        )


def _drop_erased(alias: str, content: dict[str, Any]) -> None:
    """A copy that is younger than the snapshot knows of keys that died since: they stay dead."""
    with system_scope("keys_restore", using=(alias,)), connections[alias].cursor() as cursor:
        cursor.execute("SELECT key_id FROM privacy_keytombstone")
        dead = {str(row[0]) for row in cursor.fetchall()}
    at = KEYS.index("id")
    content["keys"] = [row for row in content["keys"] if row[at] not in dead]


def _own_keys(alias: str, label: Label, content: dict[str, Any]) -> tuple[list[list[Any]], int]:
    """The copy's keys that the snapshot does not know, not erased, wrapped anew; and how many stay behind."""
    known = {UUID(row[KEYS.index("id")]) for row in content["keys"]}
    erased = {UUID(row[0]) for row in content["tombstones"]} | _journaled(alias)
    kept: dict[UUID, list[Any]] = {}
    left = 0
    with system_scope("keys_restore", using=(alias,)), connections[alias].cursor() as cursor:
        cursor.execute("SELECT key_id FROM privacy_keytombstone")
        erased |= {row[0] for row in cursor.fetchall()}
        cursor.execute(f"SELECT {store.COLUMNS}, created_at FROM privacy_datakey ORDER BY epoch")  # noqa: S608  constants
        for row in cursor.fetchall():
            key = KeyRow(*row[:-1])
            if key.id in known:
                continue
            bare = None if key.id in erased else _bare(alias, key)
            if bare is None:
                left += 1
                continue
            wrapped = vault().wrap(alias, label.epoch, bare, key.context(alias))
            kept[key.id] = [label.epoch, *key[1:-1], row[-1], wrapped]
    return list(kept.values()), left


def _bare(alias: str, key: KeyRow) -> bytes | None:
    """None for what is wrapped under a destroyed key alone. Raises VaultMismatch for what is wrong otherwise."""
    try:
        return vault().unwrap(alias, key.epoch, bytes(key.wrapped), key.context(alias))
    except EpochDestroyed:
        return None
    except InvalidTag:
        raise VaultMismatch(f"wrapped key {key.id} of {alias} is altered, or the vault another's") from None


def _journaled(alias: str) -> set[UUID]:
    """Every key that the journal knows to be erased, also those whose line a crash left undecided."""
    return {UUID(key[0]) for one in asked(alias) if one.entry.kind == KIND for key in one.entry.facts["keys"]}


def _apply(cursor: Any, alias: str, label: Label, content: dict[str, Any], own: list[list[Any]]) -> None:
    """New partitions instead of deleted rows: nothing of the copy's wrapped keys stays in the table's files."""
    cursor.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [epochs.TABLE]
    )
    for (partition,) in cursor.fetchall():
        cursor.execute("SELECT paasoo_partition_drop(%s, %s)", [epochs.TABLE, partition])
    _insert(
        cursor, "privacy_epoch", EPOCHS, _EPOCH_TYPES, content["epochs"],
        "ON CONFLICT (number) DO UPDATE SET (state, closed_at, destroyed_at, census, receipt) = "
        "(excluded.state, excluded.closed_at, excluded.destroyed_at, excluded.census, excluded.receipt)",
    )  # fmt: skip
    for number in _holding(content):
        cursor.execute("SELECT paasoo_epoch_partition_create(%s, %s)", [epochs.TABLE, number])
    _insert(cursor, "privacy_keytombstone", TOMBSTONES, _TOMBSTONE_TYPES, content["tombstones"])
    snapshot = ([*row[:-1], b64decode(row[-1])] for row in content["keys"])
    for batch in _batches(snapshot):
        _insert(cursor, epochs.TABLE, KEYS, _KEY_TYPES, batch)
    _insert(cursor, epochs.TABLE, KEYS, _KEY_TYPES, own)


def _holding(content: dict[str, Any]) -> list[int]:
    """The epochs that have a partition: the open ones, and any that holds a key."""
    is_open = {row[0] for row in content["epochs"] if row[1] == guard.OPEN}
    return sorted(is_open | {row[0] for row in content["keys"]})


def _insert(
    cursor: Any,
    table: str,
    columns: Sequence[str],
    types: Sequence[str],
    rows: Sequence[Sequence[Any]],
    conflict: str = "ON CONFLICT DO NOTHING",
) -> None:
    if not rows:
        return
    arrays = ", ".join(f"%s::{kind}[]" for kind in types)
    values = ", ".join("receipt::jsonb" if name == "receipt" else name for name in columns)
    cursor.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM unnest({arrays}) "  # noqa: S608  constants
        f"AS given({', '.join(columns)}) {conflict}",
        [list(column) for column in zip(*rows, strict=True)],
    )


def _batches(rows: Iterator[list[Any]]) -> Iterator[list[list[Any]]]:
    batch: list[list[Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch
