"""A key's use on its way to the control plane; minutes old at most. Keeps P-SEC-1."""

from __future__ import annotations

from django.db import models

from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.router import TRAFFIC
from paasoo_portal.core.tenancy import TenantModel
from paasoo_portal.core.tenancy.policies import Access


class KeyUse(TenantModel):
    """`former`: whether the secret was the one that a newer has replaced."""

    plane = TRAFFIC
    access = Access(app="INSERT", ingest="INSERT")

    # Carries its time.
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key_id = models.UUIDField()
    former = models.BooleanField()
    # Truncated: /24 of IPv4, /48 of IPv6.
    network = models.CharField(max_length=50, blank=True, default="")
