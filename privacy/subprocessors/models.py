"""Sub-processors, kept by staff; one that ended stays in the list with its last day."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class SubProcessor(models.Model):
    """A company that processes data for us."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(_("name"), max_length=80, unique=True)
    subject = models.CharField(_("data"), max_length=120)
    purpose = models.CharField(_("purpose"), max_length=120)
    regions = models.CharField(_("regions"), max_length=200)
    since = models.DateField(_("since"), null=True, blank=True)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)

    class Meta:
        verbose_name = _("sub-processor")
        verbose_name_plural = _("sub-processors")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
