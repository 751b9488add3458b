"""The states of a message and the only moves between them: forward."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.IntegerChoices):
    ACCEPTED = 0, _("Accepted")
    QUEUED = 1, _("Queued")
    SENDING = 2, _("Sending")
    SENT = 3, _("Sent")
    DELIVERED = 4, _("Delivered")
    UNDELIVERED = 5, _("Undelivered")
    FAILED = 6, _("Failed")
    REJECTED = 7, _("Rejected")
    EXPIRED = 8, _("Expired")
    UNKNOWN = 9, _("Unknown")
    SCHEDULED = 10, _("Scheduled")
    CANCELED = 11, _("Canceled")
    RECEIVED = 12, _("Received")


FINAL: Final = frozenset(
    {
        State.DELIVERED,
        State.UNDELIVERED,
        State.FAILED,
        State.REJECTED,
        State.EXPIRED,
        State.CANCELED,
        State.RECEIVED,
    }
)
WAITING: Final = (State.ACCEPTED, State.QUEUED, State.SENDING)


class Actor(models.IntegerChoices):
    PAASOO = 0, _("PaaSoo")
    CARRIER = 1, _("Carrier")
    HANDSET = 2, _("Handset")


class Direction(models.IntegerChoices):
    OUTBOUND = 0, _("Sent")
    INBOUND = 1, _("Received")
