"""What a drill plants: sealed texts of a known wording, in a table of their own."""

from __future__ import annotations

from django.db import models

from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.router import TRAFFIC
from paasoo_portal.core.tenancy.policies import Access


class DrillSample(models.Model):
    """A sealed text about nobody. Rows go at the end of their drill."""

    plane = TRAFFIC
    exempt = (
        "Written and read by drills alone, which are system jobs; its texts are made up and of no account."
    )
    access = Access(app="", worker="SELECT, INSERT, DELETE")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account_id = models.UUIDField()
    sample_key_id = models.UUIDField()
    sample_sealed = models.BinaryField()
