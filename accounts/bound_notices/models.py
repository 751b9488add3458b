"""Which account was told of which bound."""

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
