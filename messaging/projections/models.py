"""Projections of accounts, API keys and prices, written by the control plane's services alone."""

from __future__ import annotations

from django.db import models

from paasoo_portal.core.router import TRAFFIC
from paasoo_portal.core.tenancy import TenantModel
from paasoo_portal.core.tenancy.policies import Access


class RegionAccount(TenantModel):
    """An account as a region sees it. `content_days` and `number_days` are the instruction in force."""

    plane = TRAFFIC
    access = Access(ingest="SELECT")

    account_id = models.UUIDField(primary_key=True)
    state = models.CharField(max_length=12)
    currency = models.CharField(max_length=3)
    content_days = models.PositiveIntegerField()
    number_days = models.PositiveIntegerField()
    throttle_per_second = models.PositiveIntegerField()
    default_sender = models.CharField(max_length=16)
    push_url = models.CharField(max_length=500, blank=True)
    version = models.PositiveBigIntegerField()


class RegionKey(models.Model):
    """An API key as a region sees it."""

    plane = TRAFFIC
    exempt = "The key is what tells the account, so it is read before any scope exists."
    access = Access(ingest="SELECT")

    key = models.CharField(max_length=16, primary_key=True)
    key_id = models.UUIDField()
    account_id = models.UUIDField()
    secret_hash = models.CharField(max_length=64)
    former_hash = models.CharField(max_length=64, blank=True, default="", db_default="")
    scopes = models.JSONField(default=list)
    ip_allow = models.JSONField(default=list)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    version = models.PositiveBigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["account_id"], name="regionkey_account")]


class RegionPrice(models.Model):
    """The price in force of a segment, in EUR; the same for every account."""

    plane = TRAFFIC
    access = Access(ingest="SELECT")

    country = models.CharField(max_length=2)
    network = models.CharField(max_length=6, blank=True, default="")
    amount = models.DecimalField(max_digits=10, decimal_places=5)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["country", "network"], name="regionprice_once")]


class OptOut(TenantModel):
    """A number not to be sent to, as an HMAC under a vault key (it outlives every data key)."""

    plane = TRAFFIC
    access = Access(ingest="SELECT")

    id = models.BigAutoField(primary_key=True)
    token = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account_id", "token"], name="optout_once")]
