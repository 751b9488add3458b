"""Bounds, instructions and runs of retention (P-RET-2, P-RET-11)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import TenantModel
from paasoo_portal.core.tenancy.policies import Access
from privacy.keys.models import INSTRUCTED_CHOICES, DataClass


class RetentionBound(models.Model):
    """The published default, floor and ceiling of a data class, from a day on."""

    access = Access(app="SELECT, INSERT, UPDATE", worker="SELECT, INSERT, UPDATE")

    data_class = models.SmallIntegerField(_("data class"), choices=INSTRUCTED_CHOICES)
    default_days = models.PositiveIntegerField(_("default (days)"))
    floor_days = models.PositiveIntegerField(_("floor (days)"))
    ceiling_days = models.PositiveIntegerField(_("ceiling (days)"))
    effective_on = models.DateField(_("effective on"))
    reason = models.TextField(_("law or clause behind it"))
    # Without it: one of the first bounds, which came with the product.
    published_at = models.DateTimeField(_("published"), null=True)
    published_by_id = models.UUIDField(null=True)

    class Meta:
        verbose_name = _("retention bound")
        verbose_name_plural = _("retention bounds")
        constraints = [
            models.UniqueConstraint(fields=["data_class", "effective_on"], name="retention_bound_once"),
            models.CheckConstraint(
                condition=models.Q(floor_days__lte=models.F("default_days"))
                & models.Q(default_days__lte=models.F("ceiling_days")),
                name="retention_bound_ordered",
            ),
        ]

    def __str__(self) -> str:
        return f"{DataClass(self.data_class).label} from {self.effective_on}"


class RetentionInstruction(TenantModel):
    """A customer's instruction for a data class; appended, never edited, so that its history is its proof."""

    access = Access(app="SELECT, INSERT, UPDATE", worker="SELECT, INSERT, UPDATE, DELETE")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    data_class = models.SmallIntegerField(_("data class"), choices=INSTRUCTED_CHOICES)
    days = models.PositiveIntegerField(_("days"))
    instructed_by_id = models.UUIDField(null=True)
    instructed_at = models.DateTimeField(default=clock.now)
    effective_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["account_id", "data_class", "-effective_at"], name="instruction_in_force")
        ]


class RunState(models.TextChoices):
    STARTED = "started", _("Started")
    DONE = "done", _("Done")


class RetentionRun(models.Model):
    """One run of one kind of work on one database up to one cut-off; the unique row makes it happen once."""

    access = Access(app="SELECT")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    database = models.CharField(max_length=16)
    kind = models.CharField(max_length=16)
    cutoff_on = models.DateField()
    state = models.CharField(max_length=8, choices=RunState, default=RunState.STARTED)
    started_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["database", "kind", "cutoff_on"], name="retention_run_once")
        ]


class ClockMark(models.Model):
    """What a machine's two clocks said when it last destroyed anything; read by the clock guard."""

    access = Access(app="SELECT")

    boot_id = models.CharField(max_length=64, primary_key=True)
    wall_at = models.DateTimeField()
    boot_seconds = models.FloatField()
