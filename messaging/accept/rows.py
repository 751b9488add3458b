"""From a draft to the row that is stored: identity, sealing and search token, and the statement that writes it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from messaging.accept.rules import Draft, Keeping
from paasoo_portal.core.ids import uuid7
from privacy.keys import DataKey

TABLE: Final = "messaging_message"
CONTENT: Final = "content_sealed"
NUMBER: Final = "number_sealed"


class Row(NamedTuple):
    """What differs from message to message at acceptance; the rest are constants of the statement."""

    account: int
    id: UUID
    account_id: UUID
    sender: str
    country: str
    network: str
    encoding: int
    segments: int
    price: Decimal
    api_key_id: UUID | None
    content_key_id: UUID
    number_key_id: UUID
    content_sealed: bytes
    number_sealed: bytes
    number_token: bytes
    due_at: datetime
    content_due_on: date
    number_due_on: date


TYPES: Final = {
    "account": "integer",
    "id": "uuid",
    "account_id": "uuid",
    "sender": "text",
    "country": "text",
    "network": "text",
    "encoding": "smallint",
    "segments": "smallint",
    "price": "numeric",
    "api_key_id": "uuid",
    "content_key_id": "uuid",
    "number_key_id": "uuid",
    "content_sealed": "bytea",
    "number_sealed": "bytea",
    "number_token": "bytea",
    "due_at": "timestamptz",
    "content_due_on": "date",
    "number_due_on": "date",
}
# Of ACCEPT_SQL's parameters: the accounts, what each pays, then a column each.
PARAMETER_TYPES: Final = ("uuid", "numeric", *TYPES.values())
_COLUMNS: Final = Row._fields[1:]
_ACCOUNT_ID: Final = Row._fields.index("account_id")
_NOTHING: Final = Decimal(0)
_ARRAYS: Final = ", ".join(f"%b::{TYPES[name]}[]" for name in Row._fields)

# One statement, one round trip, one commit: debit every account of the group, store the messages of those that
# could pay, and say which could. Accounts are distinct and ascending; a row's `account` is its place among them.
ACCEPT_SQL: Final = f"""
WITH debit AS MATERIALIZED (SELECT paasoo_allowance_debit(%b::uuid[], %b::numeric[]) AS paid),
stored AS (
  INSERT INTO {TABLE} ({", ".join(_COLUMNS)},
    direction, state, channel, client_ref, carrier, carrier_ref, attempts, leased_by)
  SELECT {", ".join(f"m.{name}" for name in _COLUMNS)}, 0, 0, 'sms', '', '', '', 0, ''
  FROM debit, unnest({_ARRAYS}) AS m({", ".join(Row._fields)})
  WHERE debit.paid[m.account])
SELECT paid FROM debit
"""  # noqa: S608  built from constants


def build(
    draft: Draft,
    *,
    account_id: UUID,
    api_key_id: UUID | None,
    keeping: Keeping,
    content_key: DataKey,
    number_key: DataKey,
    at: datetime,
) -> Row:
    """Seal a draft into a row. `account` is filled in by `parameters`."""
    identity = uuid7(at)
    digits = draft.number.e164.encode()
    return Row(
        0,
        identity,
        account_id,
        draft.sender,
        draft.number.country,
        draft.number.network,
        int(draft.segmentation.encoding),
        draft.segmentation.segments,
        draft.price,
        api_key_id,
        content_key.id,
        number_key.id,
        content_key.seal(draft.text.encode(), table=TABLE, column=CONTENT, row=identity),
        number_key.seal(digits, table=TABLE, column=NUMBER, row=identity),
        number_key.token(digits),
        at,
        keeping.content_due_on,
        keeping.number_due_on,
    )


def parameters(rows: list[Row]) -> tuple[list[UUID], list[list[Any]]]:
    """The accounts of a group in ascending order, and ACCEPT_SQL's parameters as lists."""
    costs: dict[UUID, Decimal] = {}
    for row in rows:
        costs[row.account_id] = costs.get(row.account_id, _NOTHING) + row.price * row.segments
    accounts = sorted(costs)
    place = {account: index for index, account in enumerate(accounts, start=1)}
    columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)]
    columns[0] = [place[account] for account in columns[_ACCOUNT_ID]]
    return accounts, [accounts, [costs[account] for account in accounts], *columns]
