"""Moving money between the control plane's balance and a region's allowance, across two databases.

A move has three commits: the balance pays and the transfer stands open; the region books the transfer's id,
once; the transfer is closed. On the way back the transfer stands open first, the region pays, and the balance
receives while it is closed. After a crash anywhere `finish` goes on from what the two databases say, so money
is neither lost nor made. While one process fills an account's allowance in a region, others wait by the
region's advisory lock: else they would find the balance empty and refuse what is already paid for.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connections

from accounts.billing.models import TransferState
from accounts.billing.services import STEP
from messaging.allowance.models import SLOTS
from paasoo_portal.core import clock
from paasoo_portal.core.faults import fault
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope

ZERO: Final = Decimal(0)

_CREDIT: Final = (
    "INSERT INTO messaging_allowance AS a (account_id, slot, amount) "
    "SELECT %(account)s, slot, CASE slot WHEN 0 THEN %(first)s ELSE %(each)s END "
    "FROM generate_series(0, %(last)s) AS slot "
    "ON CONFLICT (account_id, slot) DO UPDATE SET amount = a.amount + excluded.amount"
)
_BOOK: Final = (
    "INSERT INTO messaging_allowancecredit (transfer_id, account_id, amount, at) VALUES (%s, %s, %s, %s) "
    "ON CONFLICT (transfer_id) DO NOTHING RETURNING amount"
)


def fill(account_id: UUID, alias: str, *, enough: Decimal, most: Decimal) -> bool:
    """See to it that the region can spend `enough`: move what is missing, or `most` if that is more.

    False when the balance does not hold what is missing; what it holds is moved all the same, for of many
    messages that wait together some can still be paid.
    """
    with scope(account_id, using=(alias,)), connections[alias].cursor() as cursor:
        lock(cursor, account_id)
        missing = enough - _sum(cursor, account_id)
        if missing <= 0:
            return True
        paid = _pay(account_id, alias, most=max(missing, most))
        if paid is None:
            return False
        transfer_id, amount = paid
        fault("allowance.between_databases")
        _book_credit(cursor, account_id, transfer_id, amount)
    fault("allowance.before_closing")
    _close(account_id, transfer_id)
    return amount >= missing


def take_back(account_id: UUID, alias: str, most: Decimal) -> Decimal:
    """Return up to `most` of a region's allowance to the balance; how much it was."""
    with scope(account_id), connections["default"].cursor() as cursor:
        transfer_id = uuid7()
        _insert_transfer(cursor, transfer_id, account_id, alias, -most)
    fault("allowance.between_databases")
    return _finish_return(account_id, alias, transfer_id, most)


def finish(account_id: UUID, alias: str, transfer_id: UUID, amount: Decimal) -> None:
    """Bring an open transfer to its end. Repeating it does nothing twice."""
    if amount < 0:
        _finish_return(account_id, alias, transfer_id, -amount)
        return
    with scope(account_id, using=(alias,)), connections[alias].cursor() as cursor:
        _book_credit(cursor, account_id, transfer_id, amount)
    _close(account_id, transfer_id)


def lock(cursor: Any, account_id: UUID) -> None:
    """Others who fill or empty this account's allowance here wait for us; nobody for ever."""
    cursor.execute("SET LOCAL lock_timeout = '5s'")
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 13))", [str(account_id)])


def spendable(account_id: UUID, alias: str) -> Decimal:
    """What the account may spend in the region."""
    with scope(account_id, using=(alias,)), connections[alias].cursor() as cursor:
        return _sum(cursor, account_id)


def _sum(cursor: Any, account_id: UUID) -> Decimal:
    cursor.execute(
        "SELECT coalesce(sum(amount), 0) FROM messaging_allowance WHERE account_id = %s", [account_id]
    )
    return Decimal(cursor.fetchone()[0])


def _pay(account_id: UUID, alias: str, *, most: Decimal) -> tuple[UUID, Decimal] | None:
    """Take from the balance and open the transfer, in a transaction of its own."""
    with scope(account_id), connections["default"].cursor() as cursor:
        cursor.execute("SELECT amount FROM accounts_balance WHERE account_id = %s FOR UPDATE", [account_id])
        row = cursor.fetchone()
        amount = min(row[0], most) if row else ZERO
        if amount <= 0:
            return None
        cursor.execute(
            "UPDATE accounts_balance SET amount = amount - %s WHERE account_id = %s AND amount >= %s",
            [amount, account_id, amount],
        )
        transfer_id = uuid7()
        _insert_transfer(cursor, transfer_id, account_id, alias, amount)
    return transfer_id, amount


def _insert_transfer(cursor: Any, transfer_id: UUID, account_id: UUID, alias: str, amount: Decimal) -> None:
    cursor.execute(
        "INSERT INTO accounts_allowancetransfer (id, account_id, region, amount, state, at) "
        "VALUES (%s, %s, %s, %s, %s, %s)",
        [transfer_id, account_id, alias, amount, TransferState.DEBITED, clock.now()],
    )


def _book_credit(cursor: Any, account_id: UUID, transfer_id: UUID, amount: Decimal) -> None:
    cursor.execute(_BOOK, [transfer_id, account_id, amount, clock.now()])
    if cursor.fetchone() is None:
        return
    each = (amount / SLOTS).quantize(STEP, ROUND_DOWN)
    first = amount - each * (SLOTS - 1)
    cursor.execute(_CREDIT, {"account": account_id, "first": first, "each": each, "last": SLOTS - 1})


def _close(account_id: UUID, transfer_id: UUID) -> None:
    with scope(account_id), connections["default"].cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_allowancetransfer SET state = 'credited' WHERE id = %s AND state = 'debited'",
            [transfer_id],
        )


def _finish_return(account_id: UUID, alias: str, transfer_id: UUID, most: Decimal) -> Decimal:
    with scope(account_id, using=(alias,)), connections[alias].cursor() as cursor:
        lock(cursor, account_id)
        taken = _booked(cursor, transfer_id)
        if taken is None:
            taken = _take(cursor, account_id, most)
            if taken:
                cursor.execute(_BOOK, [transfer_id, account_id, -taken, clock.now()])
    fault("allowance.before_closing")
    _close_return(account_id, transfer_id, taken)
    return taken


def _booked(cursor: Any, transfer_id: UUID) -> Decimal | None:
    cursor.execute("SELECT -amount FROM messaging_allowancecredit WHERE transfer_id = %s", [transfer_id])
    row = cursor.fetchone()
    return row[0] if row else None


def _take(cursor: Any, account_id: UUID, most: Decimal) -> Decimal:
    """Empty the fullest slots first; rows are locked in the order in which the debit function locks them."""
    cursor.execute(
        "SELECT slot, amount FROM messaging_allowance WHERE account_id = %s ORDER BY slot FOR UPDATE",
        [account_id],
    )
    left = most
    for slot, amount in sorted(cursor.fetchall(), key=lambda row: -row[1]):
        part = min(amount, left)
        if part <= 0:
            break
        cursor.execute(
            "UPDATE messaging_allowance SET amount = amount - %s WHERE account_id = %s AND slot = %s",
            [part, account_id, slot],
        )
        left -= part
    return most - left


def _close_return(account_id: UUID, transfer_id: UUID, taken: Decimal) -> None:
    with scope(account_id), connections["default"].cursor() as cursor:
        if not taken:
            cursor.execute(
                "DELETE FROM accounts_allowancetransfer WHERE id = %s AND state = 'debited'", [transfer_id]
            )
            return
        cursor.execute(
            "UPDATE accounts_allowancetransfer SET state = 'credited', amount = %s "
            "WHERE id = %s AND state = 'debited' RETURNING id",
            [-taken, transfer_id],
        )
        if cursor.fetchone() is not None:
            cursor.execute(
                "UPDATE accounts_balance SET amount = amount + %s WHERE account_id = %s", [taken, account_id]
            )
