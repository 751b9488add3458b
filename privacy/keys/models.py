"""Wrapped data keys by epoch, the epochs, and the tombstones of keys that were let die (P-RET-2)."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.router import TRAFFIC
from paasoo_portal.core.tenancy import TenantModel
from paasoo_portal.core.tenancy.policies import Access


class DataClass(models.IntegerChoices):
    CONTENT = 1, _("Message content")
    NUMBER = 2, _("End-User numbers")
    RECORDING = 3, _("Recordings")
    # Copies under a legal hold or a named exception: no instruction and no bound ever applies to them.
    PRESERVED = 4, _("Preserved copies")


# What a customer instructs about; bounds, instructions, pages and forms know no other class.
INSTRUCTED: Final = (DataClass.CONTENT, DataClass.NUMBER, DataClass.RECORDING)
INSTRUCTED_CHOICES: Final = [(int(one), one.label) for one in INSTRUCTED]


class DataKey(TenantModel):
    """One data key, wrapped under an epoch key. Partitioned by list of epoch; SQL key (epoch, id).

    A partition is dropped as a whole at carry-over: an UPDATE or DELETE would leave the wrapped key in the
    file.
    """

    plane = TRAFFIC
    access = Access(app="SELECT, INSERT", worker="SELECT, INSERT, DELETE")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    epoch = models.IntegerField()
    data_class = models.SmallIntegerField(choices=DataClass)
    starts_on = models.DateField()
    due_on = models.DateField()
    generation = models.SmallIntegerField(default=0)
    wrapped = models.BinaryField()
    created_at = models.DateTimeField()


class EpochState(models.TextChoices):
    OPEN = "open", _("Open")
    KEPT = "kept", _("Kept")
    DESTROYED = "destroyed", _("Destroyed")


class Epoch(models.Model):
    """One epoch of a database's series. Its key lives in the vault, never here."""

    plane = TRAFFIC
    access = Access(app="SELECT", worker="SELECT, INSERT, UPDATE")

    number = models.IntegerField(primary_key=True)
    state = models.CharField(max_length=10, choices=EpochState, default=EpochState.OPEN)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    destroyed_at = models.DateTimeField(null=True)
    fingerprint = models.CharField(max_length=64)
    census = models.BigIntegerField(null=True)
    receipt = models.JSONField(null=True)


class KeyTombstone(TenantModel):
    """What remains of a data key: that it was, and when and why it went. Never a key byte."""

    plane = TRAFFIC
    access = Access(app="SELECT", worker="SELECT, INSERT")

    key_id = models.UUIDField(primary_key=True)
    data_class = models.SmallIntegerField(choices=DataClass)
    starts_on = models.DateField()
    due_on = models.DateField()
    erased_at = models.DateTimeField()
    reason = models.CharField(max_length=24)
    run_id = models.UUIDField(null=True)
    certificate_id = models.UUIDField(null=True)
    last_epoch = models.IntegerField()

    class Meta:
        indexes = [models.Index(fields=["account_id", "data_class", "starts_on"], name="tombstone_account")]
