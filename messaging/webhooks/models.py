"""Where a customer wants to be told, and the same as a region sees it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_cryptography.fields import encrypt

from messaging.messages.states import State
from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.router import TRAFFIC
from paasoo_portal.core.tenancy import TenantModel


class Topic(models.TextChoices):
    """What may be told: the last state of a message."""

    DELIVERED = "message.delivered", _("Delivered")
    UNDELIVERED = "message.undelivered", _("Undelivered")
    EXPIRED = "message.expired", _("Expired")
    FAILED = "message.failed", _("Failed")
    REJECTED = "message.rejected", _("Rejected")
    TEST = "endpoint.test", _("Test")


class Pause(models.TextChoices):
    BY_HAND = "by_hand", _("Paused by a member")
    FAILING = "failing", _("No delivery succeeded for three days")
    GONE = "gone", _("The server answered 410 Gone")


class WebhookEndpoint(TenantModel):
    """A URL with its secret. For a day after a rotation the former secret signs too, so that nothing is lost."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    url = models.URLField(_("URL"), max_length=500)
    name = models.CharField(_("name"), max_length=80)
    topics = models.JSONField(_("what is told"), default=list)
    secret = encrypt(models.CharField(max_length=80))
    former_secret = encrypt(models.CharField(max_length=80, blank=True, default=""))
    former_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(_("made"), default=clock.now, editable=False)
    created_by = models.ForeignKey("accounts.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    working_since = models.DateTimeField(default=clock.now)
    paused_at = models.DateTimeField(_("paused"), null=True, blank=True)
    paused_why = models.CharField(max_length=8, choices=Pause, blank=True, default="")

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        indexes = [models.Index(fields=["account_id", "-created_at"], name="webhook_account")]

    def __str__(self) -> str:
        return f"webhook {self.pk}"


class RegionWebhook(TenantModel):
    """An endpoint that works, as a region sees it; one that is paused is not there."""

    plane = TRAFFIC

    id = models.UUIDField(primary_key=True)
    url = models.CharField(max_length=500)
    topics = models.JSONField(default=list)
    secret = encrypt(models.CharField(max_length=80))
    former_secret = encrypt(models.CharField(max_length=80, blank=True, default=""))
    former_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["account_id"], name="regionwebhook_account")]


def topic_of(state: State) -> str:
    """The topic of a last state, or nothing for a state that is not told."""
    found = f"message.{state.name.lower()}"
    return found if found in Topic.values else ""
