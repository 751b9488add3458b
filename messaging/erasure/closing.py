"""The end of an account's messages: counted before, and gone after its keys. Keeps P-RET-6."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import connections

from messaging.messages.models import Message
from messaging.usage.erased import COUNTED
from paasoo_portal.core import partitions, regions
from paasoo_portal.core.ids import uuid7_floor
from paasoo_portal.core.tenancy import scope, system_scope
from privacy.floors import register as floors
from privacy.holds import register

# Events and pushes first: a message that is left is found again, and with it what hangs on it.
TABLES: Final = {
    "messaging_messageevent": "message_id",
    "messaging_deliverypush": "message_id",
    "messaging_erasedmessage": "id",
    "messaging_message": "id",
}
_ALL: Final = "DELETE FROM {} WHERE account_id = %s AND {} >= %s AND {} < %s"


def count(account_id: UUID) -> int:
    """The hook `account.messages`: how many there are, in all regions."""
    total = 0
    for alias in regions.aliases():
        with scope(account_id, using=[alias]):
            total += Message.objects.using(alias).count()
    return total


def erase(alias: str, account_id: UUID) -> None:
    """The hook `account.closed`: an account's rows in one database, day by day. Worker's role.

    Days that a legal hold or the law preserves stay until they may go (P-RET-9, P-RET-12).
    """
    days = partitions.existing_days(alias, Message._meta.db_table)
    held = register.covered(account_id, days) | floors.covered(days)
    for day in sorted(set(days) - held):
        low, high = uuid7_floor(day), uuid7_floor(day + timedelta(days=1))
        with system_scope("account_close", using=(alias,)), connections[alias].cursor() as cursor:
            for table, column in TABLES.items():
                query = _ALL.format(table, column, column)
                if table == Message._meta.db_table:
                    query = f"WITH gone AS ({query} RETURNING *), {COUNTED} SELECT 1"
                cursor.execute(query, [account_id, low, high])
