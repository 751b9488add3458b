"""The floor's models."""

from django.db import models

from paasoo_portal.core.audit.models import AuditAnchor, AuditEvent
from paasoo_portal.core.router import BOTH
from paasoo_portal.core.tenancy.policies import Access


class Heartbeat(models.Model):
    """When a process that nobody calls last gave a sign of life."""

    plane = BOTH
    access = Access(app="SELECT", worker="SELECT, INSERT, UPDATE")

    name = models.CharField(max_length=64, primary_key=True)
    at = models.DateTimeField()


__all__ = ["AuditAnchor", "AuditEvent", "Heartbeat"]
