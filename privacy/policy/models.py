"""Versions of the policy, written by staff."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class PolicyVersion(models.Model):
    """A version in one language. Plain text: an empty line parts paragraphs, `# ` begins a heading, `- ` an item."""

    id = models.BigAutoField(primary_key=True)
    number = models.CharField(_("version"), max_length=16)
    language = models.CharField(_("language"), max_length=12, default="en")
    effective_on = models.DateField(_("effective on"))
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    material = models.BooleanField(_("a material change"), default=False)
    changes = models.TextField(_("what changed"), blank=True, default="")
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")
        constraints = [models.UniqueConstraint(fields=["number", "language"], name="policy_once")]

    def __str__(self) -> str:
        return f"{self.number} ({self.language})"
