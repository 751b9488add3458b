"""One copy of a message for one hold or case."""

from __future__ import annotations

from django.db import models

from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.router import TRAFFIC
from paasoo_portal.core.tenancy import TenantModel
from paasoo_portal.core.tenancy.policies import Access


class PreservedMessage(TenantModel):
    """All but the ids is sealed under the hold's or case's own key, and dies with it. Not partitioned: it has no day.

    Whoever erases in the portal adds to it; no page can read it, PostgreSQL sees to that.
    """

    plane = TRAFFIC
    access = Access(app="INSERT")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case_id = models.UUIDField()
    message_id = models.UUIDField()
    key_id = models.UUIDField()
    decided = models.BooleanField()
    about_sealed = models.BinaryField()
    number_sealed = models.BinaryField(null=True)
    content_sealed = models.BinaryField(null=True)
    copied_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case_id", "message_id"], name="preserved_once")]
        indexes = [models.Index(fields=["account_id", "key_id"], name="preserved_key")]
