"""That an account is to be closed, and how far it has come."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7


class Choice(models.TextChoices):
    """What becomes of the data: the customer's choice (Art. 28(3)(g))."""

    RETURN = "return", _("Return everything to us, then erase it")
    DELETE = "delete", _("Erase everything, without returning it")


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
    choice = models.CharField(
        max_length=8, choices=Choice, default=Choice.DELETE, db_default=Choice.DELETE.value
    )
    # The rest is of a return alone. How long it waits to be fetched, as it was said when this was decided.
    return_days = models.PositiveSmallIntegerField(default=0, db_default=0)
    # From when nothing is accepted any more, so that what is returned is all there is.
    stops_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    # Whether the account was open until then: who keeps it after all finds it so.
    was_open = models.BooleanField(default=False, db_default=False)
    return_id = models.UUIDField(null=True)
    returned_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    fetched_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("closing of an account")
        verbose_name_plural = _("closings of accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["account_id"], condition=models.Q(cancelled_at=None), name="closure_one_open"
            )
        ]

    @property
    def returns(self) -> bool:
        return self.choice == Choice.RETURN

    def __str__(self) -> str:
        return f"closing {self.pk}"
