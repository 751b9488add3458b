"""Which carrier serves a region's database."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from messaging.carriers.base import Carrier
from messaging.carriers.sandbox.carrier import SandboxCarrier


def carrier_of(alias: str) -> Carrier:
    """The line of a region. Raises ImproperlyConfigured where none is set up."""
    if settings.SANDBOX_CARRIER:
        return SandboxCarrier(alias)
    raise ImproperlyConfigured(f"No carrier serves {alias}: set SANDBOX_CARRIER=1 for a trial.")
