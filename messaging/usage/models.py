"""Usage (an accounting record, P-RET-4), statistics without account (P-RET-10) and the pages' counters."""

from __future__ import annotations

from django.db import models

from messaging.messages.states import Direction, State
from paasoo_portal.core.router import TRAFFIC
from paasoo_portal.core.tenancy import TenantModel


class Used(TenantModel):
    """How many messages of one kind an account had on a day, and what they cost."""

    id = models.BigAutoField(primary_key=True)
    day = models.DateField()
    country = models.CharField(max_length=2)
    network = models.CharField(max_length=6, blank=True, default="")
    channel = models.CharField(max_length=8)
    direction = models.SmallIntegerField(choices=Direction)
    state = models.SmallIntegerField(choices=State)
    messages = models.PositiveBigIntegerField()
    segments = models.PositiveBigIntegerField()
    amount = models.DecimalField(max_digits=14, decimal_places=5)

    class Meta:
        abstract = True


class UsageRecord(Used):
    """What an account used on a day, settled before its messages' keys are destroyed."""

    region = models.CharField(max_length=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "account_id",
                    "day",
                    "region",
                    "country",
                    "network",
                    "channel",
                    "direction",
                    "state",
                ],
                name="usage_once",
            )
        ]
        indexes = [models.Index(fields=["day", "region"], name="usage_day_region")]


class Statistic(models.Model):
    """Messages of a day per country and state, over all accounts: no account, no sender, no key in it."""

    id = models.BigAutoField(primary_key=True)
    day = models.DateField()
    region = models.CharField(max_length=2)
    country = models.CharField(max_length=2)
    channel = models.CharField(max_length=8)
    state = models.SmallIntegerField(choices=State)
    messages = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "region", "country", "channel", "state"], name="statistic_once"
            )
        ]


class ErasedUsage(Used):
    """What messages that were erased before their day was settled had used. It goes with its day's partition."""

    plane = TRAFFIC

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account_id", "day", "country", "network", "channel", "direction", "state"],
                name="erasedusage_once",
            )
        ]
        indexes = [models.Index(fields=["day"], name="erasedusage_day")]


class DayCount(TenantModel):
    """How many of an account's messages of a day stand in a state: dashboards read this, never messages."""

    plane = TRAFFIC

    id = models.BigAutoField(primary_key=True)
    day = models.DateField()
    direction = models.SmallIntegerField(choices=Direction)
    state = models.SmallIntegerField(choices=State)
    messages = models.BigIntegerField(default=0)
    segments = models.BigIntegerField(default=0)
    amount = models.DecimalField(max_digits=14, decimal_places=5, default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account_id", "day", "direction", "state"], name="daycount_once")
        ]
        indexes = [models.Index(fields=["day"], name="daycount_day")]
