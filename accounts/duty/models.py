"""Who accepted the duty, when, and in what words."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy.policies import Access


class StaffDuty(models.Model):
    """One acceptance. Appended, never edited."""

    access = Access(app="SELECT, INSERT", worker="SELECT, INSERT, DELETE")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField(_("person"))
    text_version = models.CharField(_("version of the text"), max_length=16)
    accepted_at = models.DateTimeField(_("accepted"), default=clock.now)

    class Meta:
        verbose_name = _("duty of confidentiality")
        verbose_name_plural = _("duties of confidentiality")
        constraints = [models.UniqueConstraint(fields=["person_id", "text_version"], name="duty_once")]
