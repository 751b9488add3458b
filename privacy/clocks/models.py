"""A clock as data: what it is for, how long it runs, where, by which law or clause, from when. Keeps P-RGT-2, P-WHO-2."""

from __future__ import annotations

from typing import Any, Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core.tenancy.policies import Access


class ClockKind(models.TextChoices):
    ANSWER = "answer", _("Answer to a rights request")
    EXTENSION = "extension", _("Extension of that answer")
    TAKE_OVER = "take_over", _("PaaSoo takes a request over, before it is due")
    CONFIRM = "confirm", _("A visitor confirms their address")
    ORDER_REVIEW = "order_review", _("A hold that an authority ordered is looked at again")
    CLOSING = "closing", _("Closing of an account can be taken back")
    RETURN = "return", _("What a closed account gets back can be fetched")


class Unit(models.TextChoices):
    DAYS = "days", _("days")
    MONTHS = "months", _("months")


# What months can be meant for; all else counts days.
IN_MONTHS: Final = frozenset({ClockKind.ANSWER, ClockKind.EXTENSION})
# Regions as the product knows them; without one a clock holds wherever no other is published.
REGIONS: Final = ("sg", "hk", "cn", "tw", "in", "ie")


def region_choices() -> list[tuple[str, Any]]:
    return [("", _("everywhere")), *((code, code.upper()) for code in REGIONS)]


class LegalClock(models.Model):
    """One clock from a day on; never edited, and replaced by the next of its kind and region."""

    access = Access(app="SELECT, INSERT, UPDATE", worker="SELECT, INSERT, UPDATE")

    kind = models.CharField(_("clock"), max_length=16, choices=ClockKind)
    region = models.CharField(_("region"), max_length=2, blank=True, default="", choices=region_choices)
    amount = models.PositiveSmallIntegerField(_("how long"))
    unit = models.CharField(_("unit"), max_length=8, choices=Unit)
    effective_on = models.DateField(_("effective on"))
    reason = models.TextField(_("law or clause behind it"))
    # Without it: one of the first clocks, which came with the product.
    published_at = models.DateTimeField(_("published"), null=True)
    published_by_id = models.UUIDField(null=True)

    class Meta:
        verbose_name = _("legal clock")
        verbose_name_plural = _("legal clocks")
        constraints = [
            models.UniqueConstraint(fields=["kind", "region", "effective_on"], name="legalclock_once"),
            models.CheckConstraint(
                condition=models.Q(unit=Unit.DAYS) | models.Q(kind__in=sorted(IN_MONTHS)),
                name="legalclock_unit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} from {self.effective_on}"
