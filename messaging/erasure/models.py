"""Days from which something was erased before its time: their keys are made anew at night, so back-ups are reached."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from paasoo_portal.core.router import TRAFFIC
from paasoo_portal.core.tenancy import TenantModel


class ErasedDay(TenantModel):
    """A day of an account of which single messages are gone. One row a day, however many went."""

    plane = TRAFFIC

    id = models.BigAutoField(primary_key=True)
    day = models.DateField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    messages = models.PositiveIntegerField(default=0)
    # What the erased were sealed under.
    key_ids = ArrayField(models.UUIDField(), default=list, db_default=[])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account_id", "day"], name="erasedday_once")]
