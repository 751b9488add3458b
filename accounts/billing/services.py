"""The only writers of balances and of the ledger.

What holds at every commit, for every account:

    Σ ledger = balance + money on its way to or from a region + Σ allowances of regions + usage not settled

The ledger is append-only and each `reference` enters once, so a repeated call books nothing twice. The
balance is moved by one conditional UPDATE; constraints and row locks hold the money, never an isolation
level. Keeps P-RET-4.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection

from accounts.billing.models import LedgerKind
from accounts.errors import ReferenceTaken
from paasoo_portal.core import audit, clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope

STEP: Final = Decimal("0.00001")

_APPEND: Final = (
    "INSERT INTO accounts_ledgerentry (id, account_id, kind, amount, reference, at) "
    "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (account_id, reference) DO NOTHING RETURNING id"
)


def top_up_balance(
    *,
    account_id: UUID,
    amount: Decimal,
    reference: str,
    actor_id: UUID | None = None,
    actor_kind: str = "person",
) -> bool:
    """Book a payment and add it to the balance; False when `reference` was booked before.

    Raises ReferenceTaken when that was another amount, ValueError for an amount that is not positive or finer
    than a hundred-thousandth.
    """
    if amount <= 0 or amount != amount.quantize(STEP):
        raise ValueError("a top-up is a positive amount in steps of 0.00001")
    with scope(account_id):
        entry_id = append_entry(account_id, LedgerKind.TOPUP, amount, reference)
        if entry_id is None:
            return False
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO accounts_balance AS b (account_id, amount) VALUES (%s, %s) "
                "ON CONFLICT (account_id) DO UPDATE SET amount = b.amount + excluded.amount",
                [account_id, amount],
            )
        audit.record(
            audit.Event.BALANCE_TOPPED_UP,
            account_id=account_id,
            actor_id=actor_id,
            actor_kind=actor_kind if actor_id else "system",
            subject_id=entry_id,
        )
    return True


def append_entry(account_id: UUID, kind: str, amount: Decimal, reference: str) -> UUID | None:
    """Append to the ledger, in the caller's transaction and scope; None when it holds the reference.

    Raises ReferenceTaken when it was entered with another amount or kind.
    """
    values: list[Any] = [uuid7(), account_id, kind, amount, reference, clock.now()]
    with connection.cursor() as cursor:
        cursor.execute(_APPEND, values)
        if cursor.fetchone() is not None:
            return values[0]
        cursor.execute(
            "SELECT kind, amount FROM accounts_ledgerentry WHERE account_id = %s AND reference = %s",
            [account_id, reference],
        )
        if cursor.fetchone() != (kind, amount):
            raise ReferenceTaken(f"ledger of account {account_id}: a reference repeats with another amount")
    return None
