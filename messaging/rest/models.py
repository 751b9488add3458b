"""What a program already asked for, so that asking again does nothing twice."""

from __future__ import annotations

from django.db import models

from paasoo_portal.core.router import TRAFFIC
from paasoo_portal.core.tenancy import TenantModel


class IdempotencyKey(TenantModel):
    """A request under a key of the program's own choice, and its answer, which names no number and no text.

    Both the key and the body are stored as HMACs: the body holds what is sealed elsewhere.
    """

    plane = TRAFFIC

    id = models.BigAutoField(primary_key=True)
    digest = models.BinaryField(max_length=32)
    body_digest = models.BinaryField(max_length=32)
    created_at = models.DateTimeField()
    status = models.SmallIntegerField(null=True)
    answer = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account_id", "digest"], name="idempotency_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_created")]
