"""The spending allowance, in sixteen sub-rows per account: one hot row costs three times as much."""

from __future__ import annotations

from django.db import models

from paasoo_portal.core import clock
from paasoo_portal.core.router import TRAFFIC
from paasoo_portal.core.tenancy import TenantModel

SLOTS = 16


class Allowance(TenantModel):
    """One of an account's sub-rows. Debited only through paasoo_allowance_debit, which borrows among them."""

    plane = TRAFFIC

    id = models.BigAutoField(primary_key=True)
    slot = models.SmallIntegerField()
    amount = models.DecimalField(max_digits=14, decimal_places=5, default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account_id", "slot"], name="allowance_slot_once"),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="allowance_not_negative"),
        ]


class AllowanceCredit(TenantModel):
    """A transfer that this region has credited, once."""

    plane = TRAFFIC

    transfer_id = models.UUIDField(primary_key=True)
    amount = models.DecimalField(max_digits=14, decimal_places=5)
    at = models.DateTimeField(default=clock.now)
