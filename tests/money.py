"""Shared by the tests about money and usage: roles, empty databases, accounts with funds, written messages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from django.db import connections
from psycopg import sql

from accounts.billing.services import top_up_balance
from accounts.models import Account, Person
from accounts.teams.services import open_account
from messaging.allowance import selectors
from messaging.messages.states import State
from paasoo_portal.core import bulk, clock, partitions, regions
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope, system_scope

CONTROL_TABLES = (
    "privacy_retentionrun",
    "messaging_usagerecord",
    "messaging_statistic",
    "accounts_ledgerentry",
    "messaging_price",
)
TRAFFIC_TABLES = (
    "messaging_message",
    "messaging_messageevent",
    "messaging_daycount",
    "messaging_erasedday",
    "messaging_erasedmessage",
    "messaging_erasedusage",
    "messaging_allowance",
    "messaging_allowancecredit",
    "messaging_regionaccount",
    "messaging_regionkey",
    "messaging_regionprice",
)

_MESSAGE = (
    ("id", "uuid"),
    ("account_id", "uuid"),
    ("direction", "smallint"),
    ("state", "smallint"),
    ("sender", "text"),
    ("channel", "text"),
    ("country", "text"),
    ("network", "text"),
    ("encoding", "smallint"),
    ("segments", "smallint"),
    ("price", "numeric"),
    ("client_ref", "text"),
    ("content_key_id", "uuid"),
    ("number_key_id", "uuid"),
    ("carrier", "text"),
    ("carrier_ref", "text"),
    ("attempts", "smallint"),
    ("leased_by", "text"),
    ("due_at", "timestamptz"),
    ("content_due_on", "date"),
    ("number_due_on", "date"),
)


def owner(alias: str) -> psycopg.Connection[Any]:
    """A connection of the owner's role beside Django's."""
    given = connections[alias].settings_dict
    return psycopg.connect(
        dbname=given["NAME"],
        user="paasoo_owner",
        host=given["HOST"],
        port=given["PORT"] or None,
        autocommit=True,
    )


def empty() -> None:
    """No traffic, no usage, no money and no account anywhere; people stay, for they are new in each test."""
    for alias in ("default", *regions.aliases()):
        tables = CONTROL_TABLES if alias == "default" else TRAFFIC_TABLES
        with owner(alias) as connection:
            names = sql.SQL(", ").join(map(sql.Identifier, tables))
            connection.execute(sql.SQL("TRUNCATE {}").format(names))
            if alias == "default":
                for table in ("accounts_allowancetransfer", "accounts_balance", "accounts_membership"):
                    connection.execute(f"DELETE FROM {table}")
                connection.execute("DELETE FROM accounts_apikey")
                connection.execute("DELETE FROM accounts_account")


@contextmanager
def role(name: str) -> Iterator[None]:
    """Every connection, in whatever thread, logs in as the role."""
    users = {alias: connections.settings[alias]["USER"] for alias in connections}
    connections.close_all()
    for alias in users:
        connections.settings[alias]["USER"] = f"paasoo_{name}"
    try:
        yield
    finally:
        connections.close_all()
        for alias, user in users.items():
            connections.settings[alias]["USER"] = user


def account(amount: str | int = 0, *, region: str = "ie", name: str = "A company") -> Account:
    """An open account with a balance, told to the regions."""
    person = Person.objects.create(email=f"{uuid7().hex}@example.com")
    made = open_account(person=person, name=name, region=region)
    if Decimal(amount):
        top_up_balance(account_id=made.pk, amount=Decimal(amount), reference="first")
    return made


def debit(account_id: UUID, alias: str, amount: Decimal) -> bool:
    """What the accept statement does to the allowance."""
    with scope(account_id, using=[alias]), connections[alias].cursor() as cursor:
        cursor.execute("SELECT paasoo_allowance_debit(%s::uuid[], %s::numeric[])", [[account_id], [amount]])
        return cursor.fetchone()[0][0]


def write(
    alias: str,
    account_id: UUID,
    day: date,
    messages: int = 1,
    *,
    country: str = "GB",
    state: int = State.DELIVERED,
    price: str = "0.04",
    segments: int = 1,
    key_ids: tuple[UUID, UUID] | None = None,
) -> list[UUID]:
    """Rows of messages with their counters, as accepting and delivering leave them."""
    partitions.ensure(alias, day, day)
    noon = clock.midnight(day) + timedelta(hours=12)
    ids = [uuid7(noon) for _ in range(messages)]
    content_key, number_key = key_ids or (uuid7(), uuid7())
    rows = [
        (
            message_id, account_id, 0, state, "Sender", "sms", country, "", 0, segments, Decimal(price), "",
            content_key, number_key, "", "", 0, "", noon, day, day,
        )
        for message_id in ids
    ]  # fmt: skip
    with system_scope("test", using=(alias,)), connections[alias].cursor() as cursor:
        bulk.insert_unnest(cursor, "messaging_message", _MESSAGE, rows)
        count(cursor, account_id, day, state, messages, segments, Decimal(price))
    return ids


def count(
    cursor: Any, account_id: UUID, day: date, state: int, messages: int, segments: int, price: Decimal
) -> None:
    cursor.execute(
        "INSERT INTO messaging_daycount AS d (account_id, day, direction, state, messages, segments, amount) "
        "VALUES (%s, %s, 0, %s, %s, %s, %s) ON CONFLICT (account_id, day, direction, state) DO UPDATE SET "
        "messages = d.messages + excluded.messages, segments = d.segments + excluded.segments, "
        "amount = d.amount + excluded.amount",
        [account_id, day, state, messages, messages * segments, messages * segments * price],
    )


def move(alias: str, account_id: UUID, day: date, message_id: UUID, before: int, after: int) -> None:
    """A late receipt: the message and its counters go from one state to another."""
    with system_scope("test", using=(alias,)), connections[alias].cursor() as cursor:
        cursor.execute(
            "UPDATE messaging_message SET state = %s WHERE id = %s RETURNING segments, price",
            [after, message_id],
        )
        segments, price = cursor.fetchone()
        count(cursor, account_id, day, before, -1, segments, price)
        count(cursor, account_id, day, after, 1, segments, price)


def in_all(account_id: UUID) -> Decimal:
    return selectors.available(account_id)
