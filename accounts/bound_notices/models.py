"""Which account was told of which bound or clock."""

from __future__ import annotations

from django.db import models

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import TenantModel


class BoundNotice(TenantModel):
    """One account, one bound: its administrators were told once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    bound_id = models.BigIntegerField()
    told_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account_id", "bound_id"], name="boundnotice_once")]


class ClockNotice(TenantModel):
    """One account, one legal clock: its administrators were told once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    clock_id = models.BigIntegerField()
    told_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account_id", "clock_id"], name="clocknotice_once")]
