"""A hold and its release. Never edited and never deleted: a hold that must change is released and placed anew."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy.policies import Access
from privacy.keys.models import DataClass


class LegalHold(models.Model):
    """What of an account is preserved: classes, and the UTC days on which its retention began (both included)."""

    access = Access(app="SELECT, INSERT, UPDATE", worker="SELECT, UPDATE, DELETE")
    exempt = (
        "The night's run and the privacy officer read every account's; a customer's page names its account."
    )

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account_id = models.UUIDField(_("account"), db_index=True)
    classes = ArrayField(models.SmallIntegerField(choices=DataClass), verbose_name=_("what is preserved"))
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"), null=True, blank=True)
    authority = models.CharField(_("authority"), max_length=200)
    reference = models.CharField(_("their reference"), max_length=80)
    review_on = models.DateField(_("review on"))
    placed_by_id = models.UUIDField(null=True)
    placed_at = models.DateTimeField(_("placed"), default=clock.now)
    released_by_id = models.UUIDField(null=True)
    released_at = models.DateTimeField(_("released"), null=True)

    class Meta:
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_day=None) | models.Q(last_day__gte=models.F("first_day")),
                name="legalhold_days",
            )
        ]
        indexes = [
            models.Index(
                fields=["account_id"], condition=models.Q(released_at=None), name="legalhold_in_force"
            )
        ]

    def __str__(self) -> str:
        return f"{self.authority}, {self.reference}"

    @property
    def labels(self) -> list[str]:
        return [str(DataClass(one).label) for one in self.classes]
