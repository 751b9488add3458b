"""A copy that somebody asked for."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_cryptography.fields import encrypt

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7


class ExportKind(models.TextChoices):
    PERSON = "person", _("Everything about me")
    ACCOUNT = "account", _("Everything of the account")
    RETURN = "return", _("Everything, returned before the account is erased")


class ExportState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Being made")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    OVER = "over", _("Gone")


class ExportJob(models.Model):
    """The file's key lies here, sealed, and nowhere else: without the row the file is noise."""

    exempt = "A copy is a person's, with or without an account, or what an account gets back; whoever reads names either."

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=8, choices=ExportKind)
    # What an account gets back is nobody's alone.
    person_id = models.UUIDField(null=True, db_index=True)
    account_id = models.UUIDField(null=True)
    state = models.CharField(max_length=8, choices=ExportState, default=ExportState.WAITING)
    asked_at = models.DateTimeField(default=clock.now)
    touched_at = models.DateTimeField(default=clock.now)
    parts_done = models.PositiveIntegerField(default=0)
    parts = models.PositiveIntegerField(default=0)
    records = models.PositiveIntegerField(default=0)
    # Of a return, which is tried until it is made: how often it was not.
    failures = models.PositiveIntegerField(default=0, db_default=0)
    size = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True, default="")
    key = encrypt(models.BinaryField(default=bytes))
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        constraints = [
            models.UniqueConstraint(
                fields=["person_id", "kind", "account_id"],
                condition=models.Q(state__in=["waiting", "running"]),
                nulls_distinct=False,
                name="export_once_per_account",
            )
        ]

    def __str__(self) -> str:
        return f"export {self.pk}"
