"""The price list."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Price(models.Model):
    """EUR per segment to a country (and network, when it differs), from a day on."""

    country = models.CharField(_("country"), max_length=2)
    network = models.CharField(_("network (MCC+MNC)"), max_length=6, blank=True, default="")
    amount = models.DecimalField(_("EUR per segment"), max_digits=10, decimal_places=5)
    effective_on = models.DateField(_("effective on"))

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        constraints = [
            models.UniqueConstraint(fields=["country", "network", "effective_on"], name="price_once")
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.network} {self.amount}"
