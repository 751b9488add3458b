"""A floor as data: which class, for how long, by which law, from when. Whether we are bound by it is our lawyer's switch."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core.tenancy.policies import Access
from privacy.keys.models import INSTRUCTED_CHOICES, DataClass


class StatutoryFloor(models.Model):
    """A class of data that must not be erased before `days` after the day its retention starts."""

    access = Access(app="SELECT, INSERT, UPDATE", worker="SELECT")

    data_class = models.SmallIntegerField(
        _("data class"), choices=[one for one in INSTRUCTED_CHOICES if one[0] != DataClass.CONTENT]
    )
    days = models.PositiveIntegerField(_("days"))
    jurisdiction = models.CharField(_("jurisdiction"), max_length=80)
    law = models.TextField(_("the law, with its section"))
    effective_on = models.DateField(_("effective on"))
    switched_on = models.BooleanField(
        _("switched on"),
        default=False,
        help_text=_("Whether we are a provider whom this law binds. Decided by our lawyer, and recorded."),
    )

    class Meta:
        verbose_name = _("statutory floor")
        verbose_name_plural = _("statutory floors")
        constraints = [
            # No law that we know of asks to keep what people wrote to each other; one that did would need a look.
            models.CheckConstraint(
                condition=~models.Q(data_class=DataClass.CONTENT), name="floor_not_content"
            ),
            models.CheckConstraint(
                condition=models.Q(days__gte=1, days__lte=731), name="floor_two_years_at_most"
            ),
        ]

    def __str__(self) -> str:
        return f"{DataClass(self.data_class).label}, {self.days} days, {self.jurisdiction}"
