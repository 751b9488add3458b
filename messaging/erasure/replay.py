"""Messages that were erased one by one, erased again in an old copy (hook `erasure.replay`). Keeps P-RET-7, P-WHO-3."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connections

from messaging.erasure.closing import TABLES
from messaging.erasure.services import KIND, list_days
from messaging.messages.models import Message
from paasoo_portal.core.ids import time_of
from paasoo_portal.core.tenancy import scope
from privacy.holds import register


def replay(*, kind: str, database: str, facts: dict[str, Any], at: datetime, certain: bool) -> bool:
    """In whatever state the copy has them: they were decided when they were erased."""
    if kind != KIND:
        return False
    account_id, ids = UUID(facts["account"]), [UUID(one) for one in facts["ids"]]
    if not certain:
        held = register.covered(account_id, {time_of(one).date() for one in ids})
        ids = [one for one in ids if time_of(one).date() not in held]
    if not ids:
        return True
    with scope(account_id, using=[database]), connections[database].cursor() as cursor:
        for table in TABLES:
            column = "id" if table == Message._meta.db_table else "message_id"
            cursor.execute(
                f"DELETE FROM {table} WHERE account_id = %s AND {column} = ANY(%s) "  # noqa: S608  constants
                f"AND {column} >= %s AND {column} <= %s RETURNING {column}",
                [account_id, ids, min(ids), max(ids)],
            )
        list_days(cursor, account_id, [row[0] for row in cursor.fetchall()], at)
    return True
