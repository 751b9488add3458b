"""Taking a snapshot: epochs, living wrapped keys, and the tombstones since the oldest epoch kept. Keeps P-RET-2."""

from __future__ import annotations

import logging
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.db import connections

from paasoo_portal.core import clock
from paasoo_portal.core.tenancy import system_scope
from privacy import journal
from privacy.keys import guard, locks
from privacy.keys.snapshots import sealed, store
from privacy.keys.snapshots.sealed import Label

log = logging.getLogger(__name__)

EPOCHS: Final = (
    "number", "state", "opened_at", "closed_at", "destroyed_at", "fingerprint", "census", "receipt",
)  # fmt: skip
KEYS: Final = (
    "epoch", "id", "account_id", "data_class", "starts_on", "due_on", "generation", "created_at", "wrapped",
)  # fmt: skip
TOMBSTONES: Final = (
    "key_id", "account_id", "data_class", "starts_on", "due_on", "erased_at", "reason", "run_id", "certificate_id",
    "last_epoch",
)  # fmt: skip


@dataclass(frozen=True)
class Taken:
    label: Label
    path: Path

    def as_dict(self) -> dict[str, Any]:
        label = self.label
        return {
            "database": label.database,
            "epoch": label.epoch,
            "keys": label.keys,
            "tombstones": label.tombstones,
            "at": label.at,
            "file": str(self.path),
        }


def take(alias: str, *, wait_seconds: float = 30.0) -> Taken:
    """Snapshot one database. Needs the worker's role. Raises Busy, VaultMismatch, JournalError, SnapshotUnavailable."""
    with locks.maintenance(alias, wait_seconds=wait_seconds):
        return _take(alias)


def _take(alias: str) -> Taken:
    """Under the maintenance lock no key dies and no epoch opens; a key that is made meanwhile is newer than we are."""
    rows = guard.check(alias)
    state = journal.journal().state()
    at = clock.now()
    content = _content(alias)
    label = Label(
        database=alias,
        series=rows[-1].fingerprint,
        epoch=rows[-1].number,
        at=at.isoformat(),
        journal=state.fingerprint,
        number=state.head,
        keys=len(content["keys"]),
        tombstones=len(content["tombstones"]),
    )
    path = store.put(alias, label.epoch, at.strftime(store.STAMP), sealed.seal(label, content))
    log.info("key snapshot taken", extra={"database": alias, "epoch": label.epoch, "keys": label.keys})
    return Taken(label, path)


def _content(alias: str) -> dict[str, Any]:
    with system_scope("keys_snapshot", using=(alias,)), connections[alias].cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(f"SELECT {', '.join(EPOCHS[:-1])}, receipt::text FROM privacy_epoch ORDER BY number")  # noqa: S608  constants
        epochs = [list(row) for row in cursor.fetchall()]
        cursor.execute(f"SELECT {', '.join(KEYS)} FROM privacy_datakey ORDER BY epoch, id")  # noqa: S608  constants
        keys = [[*row[:-1], b64encode(bytes(row[-1])).decode()] for row in cursor.fetchall()]
        cursor.execute(
            f"SELECT {', '.join(TOMBSTONES)} FROM privacy_keytombstone WHERE erased_at >= "  # noqa: S608  constants
            "(SELECT min(opened_at) FROM privacy_epoch WHERE state <> 'destroyed') ORDER BY key_id"
        )
        tombstones = [list(row) for row in cursor.fetchall()]
    return {"epochs": epochs, "keys": keys, "tombstones": tombstones}
