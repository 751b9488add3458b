"""A refused API request: who was refused, when and why; no text, no number, no secret. Keeps P-RET-3."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.router import TRAFFIC
from paasoo_portal.core.tenancy import TenantModel
from paasoo_portal.core.tenancy.policies import Access


class Surface(models.TextChoices):
    CLASSIC = "classic", _("Classic API")
    REST = "rest", _("REST v1")


class RefusedRequest(TenantModel):
    """One request whose key was known. `code` is of our own list, `field` the parameter it speaks of, if any."""

    plane = TRAFFIC
    access = Access(app="SELECT, INSERT", ingest="INSERT")

    # Carries its time: pages and the nightly deletion go by it.
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    surface = models.CharField(max_length=8, choices=Surface)
    code = models.CharField(max_length=24)
    field = models.CharField(max_length=16, blank=True, default="")
    key_id = models.UUIDField()
    # Truncated: /24 of IPv4, /48 of IPv6.
    network = models.CharField(max_length=50, blank=True, default="")

    class Meta:
        indexes = [models.Index(fields=["account_id", "-id"], name="refused_account")]
