"""That an account is to be closed, and how far it has come."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7


class AccountClosure(models.Model):
    """One decision to close. It stays, by id alone, as proof of what was decided and done."""

    exempt = (
        "Beat closes accounts of all customers, and a closed one has no scope left; pages name the account."
    )

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account_id = models.UUIDField()
    asked_by_id = models.UUIDField(null=True)
    asked_at = models.DateTimeField(default=clock.now)
    final_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)
    begun_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("closing of an account")
        verbose_name_plural = _("closings of accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["account_id"], condition=models.Q(cancelled_at=None), name="closure_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"closing {self.pk}"
