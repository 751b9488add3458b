"""What the sandbox carrier was handed, written by it alone: the proof that nothing was sent twice."""

from __future__ import annotations

from django.db import models

from messaging.messages.states import State
from paasoo_portal.core.router import TRAFFIC
from paasoo_portal.core.tenancy.policies import Access


class SandboxSubmission(models.Model):
    """One hand-over. `reference` is deliberately not unique: a second one of the same message must show."""

    plane = TRAFFIC
    access = Access(app="SELECT")

    id = models.BigAutoField(primary_key=True)
    reference = models.UUIDField()
    carrier_ref = models.CharField(max_length=64)
    outcome = models.CharField(max_length=16)
    submitted_at = models.DateTimeField()
    receipt_due_at = models.DateTimeField(null=True)
    receipts_left = models.SmallIntegerField(default=0)
    receipt_state = models.SmallIntegerField(choices=State, null=True)
    receipt_error = models.SmallIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["reference"], name="sandbox_reference"),
            models.Index(
                fields=["receipt_due_at"],
                name="sandbox_due",
                condition=models.Q(receipts_left__gt=0),
            ),
        ]
