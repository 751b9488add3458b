"""Balances and their ledger. Constraints and conditional updates hold the money, never an isolation level."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import TenantModel
from paasoo_portal.core.tenancy.policies import Access


class Balance(TenantModel):
    """What an account has and has not yet handed to a region as spending allowance, in its currency."""

    account_id = models.UUIDField(primary_key=True)
    amount = models.DecimalField(max_digits=14, decimal_places=5, default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(amount__gte=0), name="balance_not_negative")]


class LedgerKind(models.TextChoices):
    TOPUP = "topup", _("Top-up")
    USAGE = "usage", _("Usage")
    ADJUSTMENT = "adjustment", _("Adjustment")


class LedgerEntry(TenantModel):
    """One movement of money, signed; append-only (P-RET-4). `reference` makes a repeat impossible."""

    access = Access(app="SELECT, INSERT", worker="SELECT, INSERT, DELETE")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=12, choices=LedgerKind)
    amount = models.DecimalField(max_digits=14, decimal_places=5)
    reference = models.CharField(max_length=100)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account_id", "reference"], name="ledger_reference_once")
        ]
        indexes = [models.Index(fields=["account_id", "-at"], name="ledger_account_at")]


class TransferState(models.TextChoices):
    DEBITED = "debited", _("Debited")
    CREDITED = "credited", _("Credited")


class AllowanceTransfer(TenantModel):
    """Money on its way from the balance to a region's allowance; the region credits each id once.

    A negative amount is allowance on its way back.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    region = models.CharField(max_length=2)
    amount = models.DecimalField(max_digits=14, decimal_places=5)
    state = models.CharField(max_length=8, choices=TransferState, default=TransferState.DEBITED)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [
            models.Index(fields=["state", "at"], name="transfer_open", condition=models.Q(state="debited"))
        ]
