"""Keys that a hold keeps past their day are wrapped anew with that day as their due day: readers refuse them from then on.

Needed where a key falls due before the day it carries, by a shortened instruction or a closed account. Keeps P-RET-9.
"""

from __future__ import annotations

import logging
from datetime import date
from typing import Any

from django.db import connections

from paasoo_portal.core.tenancy import system_scope
from privacy.keys import store
from privacy.keys.store import KeyRow
from privacy.keys.vault import vault

log = logging.getLogger(__name__)

_INSERT = f"""
INSERT INTO privacy_datakey ({store.COLUMNS}, created_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""  # noqa: S608  constants


def restrict(alias: str, query: str, parameters: dict[str, Any], due_on: date) -> int:
    """Give the keys whose ids `query` finds the due day `due_on`; how many. Needs the maintenance lock and the worker."""
    with system_scope("hold_restrict", using=(alias,)), connections[alias].cursor() as cursor:
        cursor.execute(query, parameters)
        ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return 0
        # During a carry-over that a crash interrupted, a key stands in two epochs.
        cursor.execute(
            f"DELETE FROM privacy_datakey WHERE id = ANY(%s) RETURNING {store.COLUMNS}, created_at",  # noqa: S608  constants
            [ids],
        )
        for *columns, created_at in cursor.fetchall():
            row = KeyRow(*columns)
            cursor.execute(_INSERT, [*_due(alias, row, due_on, _generation(cursor, row, due_on)), created_at])
    log.info("keys restricted by a hold", extra={"database": alias, "keys": len(ids)})
    return len(ids)


def _due(alias: str, row: KeyRow, due_on: date, generation: int) -> KeyRow:
    bare = store.material(alias, row)
    anew = row._replace(due_on=due_on, generation=generation)
    return anew._replace(wrapped=vault().wrap(alias, row.epoch, bare, anew.context(alias)))


def _generation(cursor: object, row: KeyRow, due_on: date) -> int:
    """One that no other key of the same use and day has."""
    cursor.execute(  # type: ignore[attr-defined]
        "SELECT coalesce(max(generation), -1) + 1 FROM privacy_datakey "
        "WHERE account_id = %s AND data_class = %s AND starts_on = %s AND due_on = %s AND id <> %s",
        [row.account_id, row.data_class, row.starts_on, due_on, row.id],
    )
    return int(cursor.fetchone()[0])  # type: ignore[attr-defined]
