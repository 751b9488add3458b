"""The end of an account's messages: counted before, and gone after its keys. Keeps P-RET-6."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import connections

from messaging.messages.models import Message
from paasoo_portal.core import partitions, regions
from paasoo_portal.core.ids import uuid7_floor
from paasoo_portal.core.tenancy import scope, system_scope
from privacy.holds import register

# Events and pushes first: a message that is left is found again, and with it what hangs on it.
TABLES: Final = ("messaging_messageevent", "messaging_deliverypush", "messaging_message")


def count(account_id: UUID) -> int:
    """The hook `account.messages`: how many there are, in all regions."""
    total = 0
    for alias in regions.aliases():
        with scope(account_id, using=[alias]):
            total += Message.objects.using(alias).count()
    return total


def erase(alias: str, account_id: UUID) -> None:
    """The hook `account.closed`: an account's rows in one database, day by day. Worker's role.

    Days that a legal hold preserves stay until it is released (P-RET-9).
    """
    days = partitions.existing_days(alias, Message._meta.db_table)
    held = register.covered(account_id, days)
    for day in sorted(set(days) - held):
        low, high = uuid7_floor(day), uuid7_floor(day + timedelta(days=1))
        with system_scope("account_close", using=(alias,)), connections[alias].cursor() as cursor:
            for table in TABLES:
                column = "id" if table == Message._meta.db_table else "message_id"
                cursor.execute(
                    f"DELETE FROM {table} WHERE account_id = %s AND {column} >= %s AND {column} < %s",  # noqa: S608  constants
                    [account_id, low, high],
                )
