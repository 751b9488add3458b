"""What was erased before its time: which messages, until their day goes; and the days whose keys the night makes anew, so
that back-ups are reached."""

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


class ErasedMessage(TenantModel):
    """That there was a message of this id, so that its page says "erased" and not "never was". Goes with its day."""

    plane = TRAFFIC

    id = models.UUIDField(primary_key=True, editable=False)
    at = models.DateTimeField()
    certificate_id = models.UUIDField(null=True)
