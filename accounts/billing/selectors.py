"""Reading money. Every function needs the account's scope on the control plane."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from django.db.models import Sum

from accounts.billing.models import Balance, LedgerEntry

ZERO = Decimal(0)


def balance_of(account_id: UUID) -> Decimal:
    """What is not handed to any region."""
    return Balance.objects.filter(pk=account_id).values_list("amount", flat=True).first() or ZERO


def ledger_total() -> Decimal:
    """The sum of all movements that are kept (P-RET-4): what the account has paid and not yet used, but for usage not settled."""
    return LedgerEntry.objects.aggregate(total=Sum("amount"))["total"] or ZERO
