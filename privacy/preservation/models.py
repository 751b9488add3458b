"""What a database must copy before it goes, and the copies of people. Copies of messages are messaging's."""

from __future__ import annotations

from typing import Final

from django.db import models

from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.router import TRAFFIC
from paasoo_portal.core.tenancy import TenantModel
from paasoo_portal.core.tenancy.policies import Access

TABLE: Final = "privacy_preservation"


class Source(models.TextChoices):
    HOLD = "hold"
    CASE = "case"


class About(models.TextChoices):
    MESSAGES = "messages"
    PERSON = "person"


class Preservation(TenantModel):
    """One hold or case, as a region knows it: what to copy, under which key. `account_id` is a person's id for people.

    So whoever erases in a region asks that region alone. The number is sealed under the copies' own key.
    """

    plane = TRAFFIC
    access = Access(app="SELECT, INSERT")

    # The hold's or the case's own.
    id = models.UUIDField(primary_key=True)
    source = models.CharField(max_length=4, choices=Source)
    about = models.CharField(max_length=8, choices=About)
    key_id = models.UUIDField()
    number_sealed = models.BinaryField(null=True)
    with_content = models.BooleanField()
    with_number = models.BooleanField()
    first_day = models.DateField()
    last_day = models.DateField(null=True)
    most = models.PositiveIntegerField(null=True)
    # Every covered message up to this id is copied; what is newer than two days before it is looked at again.
    copied_to = models.UUIDField(null=True)
    # Counted by night, for the pages: they may not read copies, not even to count them.
    copies = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["account_id"], name="preservation_account")]


class PreservedPerson(models.Model):
    """What was held about a person when it was erased. One row each time something of theirs goes."""

    # Written by whatever page erases, read by the disclosure desk's job alone.
    access = Access(app="INSERT", worker="SELECT, INSERT, DELETE")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case_id = models.UUIDField(db_index=True)
    key_id = models.UUIDField()
    rows_sealed = models.BinaryField()
    copied_at = models.DateTimeField()
