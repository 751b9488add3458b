"""Messages that were erased one by one, erased again in an old copy (hook `erasure.replay`). Keeps P-RET-7, P-WHO-3."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connections

from messaging.erasure.closing import TABLES
from messaging.erasure.services import KIND, leave_marks
from messaging.messages.models import Message
from messaging.preservation import capture
from messaging.usage.erased import COUNTED
from paasoo_portal.core.ids import time_of
from paasoo_portal.core.tenancy import scope
from privacy.floors import register as floors
from privacy.holds import locks, register

# The messages themselves last: what hangs on them is found by the same ids.
_DELETE: Final = f"""
WITH gone AS (
  DELETE FROM messaging_message WHERE account_id = %s AND id = ANY(%s) AND id >= %s AND id <= %s RETURNING *
), {COUNTED}
SELECT id, content_key_id, number_key_id FROM gone
"""  # noqa: S608  constants
_BESIDE: Final = [(table, column) for table, column in TABLES.items() if table != Message._meta.db_table]


def replay(*, kind: str, database: str, facts: dict[str, Any], at: datetime, certain: bool) -> bool:
    """In whatever state the copy has them: they were decided when they were erased.

    What a hold covers is copied first, as it was then. Marks of the erasure itself are left anew.
    """
    if kind != KIND:
        return False
    account_id, ids = UUID(facts["account"]), [UUID(one) for one in facts["ids"]]
    with scope(account_id, using=[database]), connections[database].cursor() as cursor:
        locks.share(database, [account_id])
        if not certain:
            asked = {time_of(one).date() for one in ids}
            held = register.covered(account_id, asked) | floors.covered(asked)
            ids = [one for one in ids if time_of(one).date() not in held]
        if not ids:
            return True
        capture.before_erasure(database, account_id, ids)
        given: list[Any] = [account_id, ids, min(ids), max(ids)]
        for table, column in _BESIDE:
            cursor.execute(
                f"DELETE FROM {table} WHERE account_id = %s AND {column} = ANY(%s) "  # noqa: S608  constants
                f"AND {column} >= %s AND {column} <= %s",
                given,
            )
        cursor.execute(_DELETE, given)
        if gone := cursor.fetchall():
            leave_marks(cursor, account_id, gone, at)
    return True
