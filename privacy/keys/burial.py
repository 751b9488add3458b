"""Keys that die, as the journal tells it, and applied again to an old copy. Keeps P-RET-2, P-RET-7.

Whoever lets keys die outside a night's enforcement (a nightly re-seal, say) calls `bury`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connections

from paasoo_portal.core import clock
from paasoo_portal.core.tenancy import system_scope
from privacy import journal
from privacy.journal.guard import ENROLLED
from privacy.journal.replay import Moot
from privacy.journal.state import EPOCH
from privacy.keys import cache

KIND: Final = "keys"

_BURY: Final = """
WITH gone AS (
  DELETE FROM privacy_datakey k WHERE account_id = %(account)s AND id = ANY(%(ids)s)
  RETURNING id, epoch, account_id, data_class, starts_on, due_on
)
INSERT INTO privacy_keytombstone
  (key_id, account_id, data_class, starts_on, due_on, erased_at, reason, run_id, certificate_id, last_epoch)
SELECT id, account_id, data_class, starts_on, due_on, %(at)s, %(reason)s, %(run)s, %(certificate)s, max(epoch)
FROM gone GROUP BY id, account_id, data_class, starts_on, due_on
ON CONFLICT (key_id) DO NOTHING
RETURNING key_id, data_class, starts_on, due_on, last_epoch
"""
# The tombstones say all that the journal knows, also of keys that the copy never had.
_DELETE: Final = "DELETE FROM privacy_datakey WHERE id = ANY(%s)"
_TOMBSTONES: Final = """
INSERT INTO privacy_keytombstone
  (key_id, account_id, data_class, starts_on, due_on, erased_at, reason, run_id, certificate_id, last_epoch)
SELECT k.id, %s, k.class, k.starts_on, k.due_on, %s, %s, %s, %s, k.epoch
FROM unnest(%s::uuid[], %s::smallint[], %s::date[], %s::date[], %s::integer[])
  AS k(id, class, starts_on, due_on, epoch)
ON CONFLICT (key_id) DO NOTHING
"""


class Buried(NamedTuple):
    """What a tombstone says of its key."""

    key_id: UUID
    data_class: int
    starts_on: Any
    due_on: Any
    last_epoch: int


def facts(
    *,
    account_id: UUID,
    reason: str,
    run_id: UUID | None,
    certificate_id: UUID | None,
    buried: Iterable[Buried],
) -> dict[str, Any]:
    """The line of the journal: as long as there are keys, whatever the number of messages."""
    return {
        "account": account_id,
        "reason": reason,
        "run": run_id,
        "certificate": certificate_id,
        "keys": [list(one) for one in buried],
    }


def bury(
    alias: str,
    account_id: UUID,
    ids: Iterable[UUID],
    *,
    reason: str,
    run_id: UUID | None = None,
    certificate_id: UUID | None = None,
) -> list[Buried]:
    """Let these keys of an account die, journaled; which did. Needs the maintenance lock and the worker's role."""
    with journal.erasing(KIND, database=alias) as erasure, system_scope("keys_bury", using=(alias,)):
        with connections[alias].cursor() as cursor:
            cursor.execute(
                _BURY,
                {
                    "account": account_id,
                    "ids": list(ids),
                    "at": clock.now(),
                    "reason": reason,
                    "run": run_id,
                    "certificate": certificate_id,
                },
            )
            buried = [Buried(*row) for row in cursor.fetchall()]
        if buried:
            erasure.intend(
                **facts(
                    account_id=account_id,
                    reason=reason,
                    run_id=run_id,
                    certificate_id=certificate_id,
                    buried=buried,
                )
            )
    cache.forget()
    return buried


def replay(*, kind: str, database: str, facts: dict[str, Any], at: datetime, certain: bool) -> bool:
    """Hook `erasure.replay` for keys, epochs and the database's own first line."""
    if kind == ENROLLED:
        if not certain:
            raise Moot
        return True
    if kind == EPOCH:
        return _replay_epoch(database, facts, certain=certain)
    if kind != KIND:
        return False
    buried = [Buried(*one) for one in facts["keys"]]
    columns = [list(column) for column in zip(*buried, strict=True)]
    with system_scope("erasure_replay", using=(database,)), connections[database].cursor() as cursor:
        cursor.execute(_DELETE, [columns[0]])
        cursor.execute(
            _TOMBSTONES, [facts["account"], at, facts["reason"], facts["run"], facts["certificate"], *columns]
        )
    cache.forget()
    return True


def _replay_epoch(database: str, facts: dict[str, Any], *, certain: bool) -> bool:
    """An epoch is no erasure, but what came with it is: the copy's key state must be brought there first."""
    with connections[database].cursor() as cursor:
        cursor.execute("SELECT max(number) FROM privacy_epoch")
        head = cursor.fetchone()[0] or 0
    if head < facts["number"]:
        if not certain:
            raise Moot
        raise journal.DatabaseBehind(
            f"{database} stands at epoch {head}, the journal at {facts['number']} or later: the keys come first. "
            f"Run: manage.py keys restore --database {database}"
        )
    return True
