"""The message and its events: one row is the record, the queue and the outbox at once.

Both tables are partitioned by day on the message's UUIDv7; PostgreSQL's key is (account_id, id), Django is
told `id`. There is no foreign key to a partitioned table. Keeps P-SEC-1, P-LOC-1.
"""

from __future__ import annotations

from datetime import date

from django.db import models

from messaging.messages.states import FINAL, Actor, Direction, State
from paasoo_portal.core.ids import time_of, uuid7
from paasoo_portal.core.router import TRAFFIC
from paasoo_portal.core.tenancy import TenantModel
from paasoo_portal.core.tenancy.policies import Access


class Message(TenantModel):
    """A text message. Content and number are sealed under data keys of their own day and class (P-RET-2)."""

    plane = TRAFFIC
    PARTITIONED_BY_DAY = True
    access = Access(app="SELECT, INSERT, UPDATE, DELETE", ingest="INSERT")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    direction = models.SmallIntegerField(choices=Direction, default=Direction.OUTBOUND)
    state = models.SmallIntegerField(choices=State, default=State.ACCEPTED)
    sender = models.CharField(max_length=16)
    channel = models.CharField(max_length=8, default="sms")
    country = models.CharField(max_length=2)
    network = models.CharField(max_length=6, blank=True, default="")
    encoding = models.SmallIntegerField()
    segments = models.SmallIntegerField()
    price = models.DecimalField(max_digits=10, decimal_places=5)
    api_key_id = models.UUIDField(null=True)
    client_ref = models.CharField(max_length=64, blank=True, default="")
    content_key_id = models.UUIDField()
    number_key_id = models.UUIDField()
    content_sealed = models.BinaryField(null=True)
    number_sealed = models.BinaryField(null=True)
    number_token = models.BinaryField(null=True)
    carrier = models.CharField(max_length=16, blank=True, default="")
    carrier_ref = models.CharField(max_length=64, blank=True, default="")
    error_code = models.SmallIntegerField(null=True)
    attempts = models.SmallIntegerField(default=0)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    leased_by = models.CharField(max_length=40, blank=True, default="")
    sent_at = models.DateTimeField(null=True)
    final_at = models.DateTimeField(null=True)
    content_due_on = models.DateField()
    number_due_on = models.DateField()

    @property
    def has_content(self) -> bool:
        """Whether there is a text to read: not beyond its way with 0 days, even where a legal hold keeps the bytes."""
        return self.content_sealed is not None and not self._over(self.content_due_on)

    @property
    def has_number(self) -> bool:
        """The same of its number."""
        return self.number_sealed is not None and not self._over(self.number_due_on)

    def _over(self, due_on: date) -> bool:
        return self.state in FINAL and due_on <= time_of(self.pk).date()


class MessageEvent(TenantModel):
    """One step of a message's way, with who reported it. Partitioned with its message."""

    plane = TRAFFIC
    PARTITIONED_BY_DAY = True

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    message_id = models.UUIDField()
    state = models.SmallIntegerField(choices=State)
    actor = models.SmallIntegerField(choices=Actor)
    at = models.DateTimeField()
    error_code = models.SmallIntegerField(null=True)
    # A short code of ours (late, duplicate, lease_expired, …), never free text.
    note = models.CharField(max_length=24, blank=True, default="")
