"""Proof of consent, without any device information (P-RET-3), and what stands on consent alone."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy.policies import Access


class Decision(models.TextChoices):
    GRANTED = "granted", _("Granted")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class How(models.TextChoices):
    BANNER = "banner", _("the notice")
    SETTINGS = "settings", _("the settings page")
    SIGNAL = "signal", _("the browser’s Global Privacy Control")


class ConsentRecord(models.Model):
    """One choice about one purpose: who, what text, when, how, until when. Appended, never edited."""

    access = Access(app="SELECT, INSERT", worker="SELECT, INSERT, DELETE")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField(null=True, db_index=True)
    visitor_id = models.UUIDField(null=True, db_index=True)
    purpose = models.CharField(max_length=16)
    decision = models.CharField(max_length=12, choices=Decision)
    text_version = models.CharField(max_length=16)
    language = models.CharField(max_length=12)
    how = models.CharField(max_length=12, choices=How)
    at = models.DateTimeField()
    until = models.DateField()


class PageVisit(models.Model):
    """How often a page was opened on a day under a visit's random number. Only with consent; gone with it (P-CON-3)."""

    id = models.BigAutoField(primary_key=True)
    visitor_id = models.UUIDField()
    day = models.DateField()
    page = models.CharField(max_length=64)
    times = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["visitor_id", "day", "page"], name="pagevisit_once")]
        indexes = [models.Index(fields=["day"], name="pagevisit_day")]
