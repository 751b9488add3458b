"""Delivery pushes to the customer's URL, retried as rows."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.router import TRAFFIC
from paasoo_portal.core.tenancy import TenantModel


class PushState(models.IntegerChoices):
    PENDING = 0, _("Pending")
    DONE = 1, _("Done")
    FAILED = 2, _("Failed")


class DeliveryPush(TenantModel):
    """A receipt to be told to the customer. Partitioned with its message; the number is opened only to send."""

    plane = TRAFFIC
    PARTITIONED_BY_DAY = True

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message_id = models.UUIDField()
    # The webhook that is told; none: the classic API's URL.
    endpoint_id = models.UUIDField(null=True)
    message_state = models.SmallIntegerField()
    error_code = models.SmallIntegerField(null=True)
    state = models.SmallIntegerField(choices=PushState, default=PushState.PENDING)
    due_at = models.DateTimeField()
    attempts = models.SmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    last_status = models.SmallIntegerField(null=True)
    last_error = models.CharField(max_length=24, blank=True, default="")
    last_at = models.DateTimeField(null=True)
