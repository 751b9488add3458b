"""The carry-over: only what may live is carried into the next epoch; deleting is not carrying over.

Borders of transactions: opening the new epoch is one; each batch of re-wrapped keys is one; census, dropping
the old partition and closing the old epoch are one. After a crash anywhere the next run takes up where the
last one stopped, reading the state from the epochs' rows. What cannot be undone is the last step alone, the
destruction of epoch key n−w, and it is taken only for an epoch whose partition is gone. An UPDATE or DELETE
would leave wrapped keys in the table's file until VACUUM and in WAL long after, hence a partition per epoch.
Keeps P-RET-2.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass, field
from typing import Any, Final
from uuid import UUID

import psycopg
from django.db import connections, transaction

from paasoo_portal.core import clock
from paasoo_portal.core.faults import fault
from paasoo_portal.core.tenancy import system_scope
from privacy.errors import PrivacyError
from privacy.keys import epochs, guard, locks, store
from privacy.keys.store import KeyRow
from privacy.keys.vault import vault

log = logging.getLogger(__name__)

# 2,000 keys: 25 ms of cryptography and a transaction of 0.4 MB of WAL.
BATCH: Final = 2_000
_PASSES: Final = 3
_FIRST: Final = UUID(int=0)
# One look into the new epoch for each key: an anti-join would be planned as a hash of all that is carried already.
_NEXT: Final = f"""
SELECT k.*, there.yes IS NOT NULL FROM (
  SELECT {store.COLUMNS} FROM privacy_datakey WHERE epoch = %s AND id > %s ORDER BY id LIMIT %s
) k LEFT JOIN LATERAL (
  SELECT true AS yes FROM privacy_datakey t WHERE t.epoch = %s AND t.id = k.id LIMIT 1
) there ON true ORDER BY k.id
"""  # noqa: S608  constants
# Only what changes travels to the server and back: all else is copied there.
_CARRY: Final = """
INSERT INTO privacy_datakey
  (epoch, id, account_id, data_class, starts_on, due_on, generation, wrapped, created_at)
SELECT %s, k.id, k.account_id, k.data_class, k.starts_on, k.due_on, k.generation, w.wrapped, k.created_at
FROM unnest(%b::uuid[], %b::bytea[]) AS w(id, wrapped) JOIN privacy_datakey k ON k.epoch = %s AND k.id = w.id
ON CONFLICT DO NOTHING
"""


class CensusFailed(PrivacyError):
    """Living keys of the old epoch are missing in the new one; nothing was dropped."""


@dataclass
class CarryOver:
    """What one carry-over did."""

    database: str
    epoch: int
    carried: int = 0
    census: int = 0
    destroyed: list[int] = field(default_factory=list)

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def next_epoch(alias: str) -> int:
    """The epoch that the next carry-over leads to: that of one that a crash interrupted, or a new one."""
    return next(row.number for row in guard.check(alias) if row.state == guard.OPEN) + 1


def carry_over(alias: str, target: int | None = None) -> CarryOver:
    """One carry-over of one database, or the end of one that a crash interrupted. Needs the worker's role.

    With `target` it leads to that epoch and no further: whoever repeats it does nothing twice. Raises Busy
    when another process is at it, VaultMismatch, VaultUnavailable, CensusFailed.
    """
    with locks.maintenance(alias):
        new = next_epoch(alias)
        if target is None or new <= target:
            done = CarryOver(alias, new)
            epochs.open_next(alias, new)
            _carry_all(alias, new - 1, new, done)
        else:
            done = CarryOver(alias, new - 1)
        done.destroyed = epochs.destroy_past(alias, done.epoch)
    log.info(
        "keys carried over",
        extra={
            "database": alias,
            "epoch": done.epoch,
            "carried": done.carried,
            "destroyed": len(done.destroyed),
        },
    )
    return done


def _carry_all(alias: str, old: int, new: int, done: CarryOver) -> None:
    for _ in range(_PASSES):
        done.carried += _rewrap(alias, old, new)
        fault("carry_over.rewrapped")
        if _close(alias, old, new, done):
            fault("carry_over.dropped")
            return
    raise CensusFailed(f"census of {alias}: living keys of epoch {old} are missing in epoch {new}")


def _rewrap(alias: str, old: int, new: int) -> int:
    """Wrap every key of the old epoch under the new one, in bounded batches; each is checked by unwrapping."""
    carried, last = 0, _FIRST
    while True:
        with system_scope("carry_over", using=(alias,)), _server_cursor(alias) as cursor:
            found = cursor.execute(_NEXT, [old, last, BATCH, new], binary=True).fetchall()
            if not found:
                return carried
            rows = [KeyRow(*row) for *row, there in found if not there]
            wrapped = [_wrapped_anew(alias, row, new) for row in rows]
            cursor.execute(_CARRY, [new, [row.id for row in rows], wrapped, old])
        carried, last = carried + len(rows), KeyRow(*found[-1][:-1]).id
        fault("carry_over.batch")


def _server_cursor(alias: str) -> psycopg.Cursor[Any]:
    """A cursor that sends keys as binary parameters: Django's writes them into the statement's text."""
    connections[alias].ensure_connection()
    return psycopg.Cursor(connections[alias].connection)


def _wrapped_anew(alias: str, row: KeyRow, new: int) -> bytes:
    bare, context, held = store.material(alias, row), row.context(alias), vault()
    wrapped = held.wrap(alias, new, bare, context)
    if held.unwrap(alias, new, wrapped, context) != bare:
        raise CensusFailed(f"data key {row.id} of {alias} does not unwrap under epoch {new}")
    return wrapped


def _close(alias: str, old: int, new: int, done: CarryOver) -> bool:
    """Census, drop and close, in one transaction. False when the census finds a gap; nothing is dropped then."""

    def work(cursor: Any) -> bool:
        if not _census(cursor, alias, old, new, done):
            transaction.set_rollback(True, using=alias)
            return False
        fault("carry_over.before_drop")
        cursor.execute("SELECT paasoo_partition_drop(%s, %s)", [epochs.TABLE, epochs.partition_of(old)])
        cursor.execute(
            "UPDATE privacy_epoch SET state = 'kept', closed_at = %s, census = %s WHERE number = %s",
            [clock.now(), done.census, old],
        )
        return True

    return locks.patiently(alias, work)


def _census(cursor: Any, alias: str, old: int, new: int, done: CarryOver) -> bool:
    """Every living key of the old epoch stands in the new one, no erased key does, and the new key is
    readable.

    Nobody adds to the old epoch since the new one was opened (epochs.open_next), and enforcement takes turns
    with us (locks.maintenance), so what is counted here is what is dropped.
    """
    execute, fetchone = cursor.execute, cursor.fetchone
    execute(
        "DELETE FROM privacy_datakey k WHERE epoch = %s AND EXISTS "
        "(SELECT 1 FROM privacy_keytombstone t WHERE t.key_id = k.id)",
        [new],
    )
    execute(
        "SELECT count(*) FROM privacy_datakey k WHERE epoch = %s "
        "AND NOT EXISTS (SELECT 1 FROM privacy_datakey t WHERE t.epoch = %s AND t.id = k.id) "
        "AND NOT EXISTS (SELECT 1 FROM privacy_keytombstone g WHERE g.key_id = k.id)",
        [old, new],
    )
    if fetchone()[0]:
        return False
    execute("SELECT count(*) FROM privacy_datakey WHERE epoch = %s", [new])
    done.census = fetchone()[0]
    vault().forget()  # the sample must come from what is on disk, not from memory
    execute(f"SELECT {store.COLUMNS} FROM privacy_datakey WHERE epoch = %s LIMIT 1", [new])  # noqa: S608  constants
    sample = fetchone()
    if sample is not None:
        store.material(alias, KeyRow(*sample))
    return True
