"""Who was told of which version, and whether they have read the notice."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7


class PolicyNotice(models.Model):
    """One person, one version: told once by email, and on their pages until they say that they have read it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person_id = models.UUIDField()
    version = models.CharField(max_length=16)
    told_at = models.DateTimeField(default=clock.now)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("notice of a policy change")
        verbose_name_plural = _("notices of policy changes")
        constraints = [models.UniqueConstraint(fields=["person_id", "version"], name="policynotice_once")]
