"""A request and what became of it. What people write is sealed; who and when is not."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_cryptography.fields import encrypt

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy.policies import Access


class Kind(models.TextChoices):
    ACCESS = "access", _("See what is held")
    EXPORT = "export", _("Get a copy")
    RECTIFICATION = "rectification", _("Correct something")
    RESTRICTION = "restriction", _("Restrict use")
    OBJECTION = "objection", _("Object to use")
    ERASURE = "erasure", _("Delete my data")
    OTHER = "other", _("Something else")


class Route(models.TextChoices):
    ADMINISTRATOR = "administrator", _("the account’s administrator")
    STAFF = "staff", _("PaaSoo")


class RequestState(models.TextChoices):
    UNCONFIRMED = "unconfirmed", _("Waiting for your confirmation")
    OPEN = "open", _("Open")
    ANSWERED = "answered", _("Answered")
    REFUSED = "refused", _("Refused")
    CANCELLED = "cancelled", _("Cancelled")


class Refusal(models.TextChoices):
    """Grounds on which a request may be refused; each is explained with the remedies."""

    IDENTITY = "identity", _("we could not be sure who asks")
    EXCESSIVE = "excessive", _("it repeats earlier requests without reason")
    LEGAL_DUTY = "legal_duty", _("the law makes us keep what it is about")
    OTHERS = "others", _("it would harm the rights of others")
    NOT_HELD = "not_held", _("we hold nothing that it is about")


class RightsRequest(models.Model):
    """One person's request. `person_id` or a visitor's address; `account_id` where an administrator answers first."""

    exempt = "Visitors and people without an account ask too; whoever reads names the person or the account."

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reference = models.CharField(_("reference"), max_length=16, unique=True)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    person_id = models.UUIDField(null=True, db_index=True)
    account_id = models.UUIDField(null=True, db_index=True)
    visitor_email = encrypt(models.EmailField(_("address"), max_length=254, blank=True, default=""))
    token_hash = models.CharField(max_length=64, blank=True, default="", db_index=True)
    text = encrypt(models.TextField(_("what is asked"), blank=True, default=""))
    routed_to = models.CharField(_("answered by"), max_length=16, choices=Route)
    assigned_to_id = models.UUIDField(null=True)
    state = models.CharField(_("state"), max_length=16, choices=RequestState)
    received_at = models.DateTimeField(_("received"), default=clock.now)
    due_on = models.DateField(_("due"), db_index=True)
    # The clocks it was given when it was received, by their numbers: what is published later does not touch it.
    clocks = models.JSONField(default=dict, null=True)
    take_over_on = models.DateField(null=True)
    confirm_until = models.DateTimeField(null=True)
    extended = models.BooleanField(_("extended"), default=False)
    reminded_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(_("closed"), null=True)

    class Meta:
        verbose_name = _("rights request")
        verbose_name_plural = _("rights requests")
        indexes = [models.Index(fields=["state", "due_on"], name="request_state_due")]

    def __str__(self) -> str:
        return self.reference


class StepKind(models.TextChoices):
    RECEIVED = "received", _("Received")
    CONFIRMED = "confirmed", _("Address confirmed")
    ROUTED = "routed", _("Handed to the account’s administrator")
    TAKEN_OVER = "taken_over", _("Taken over by PaaSoo")
    ASSIGNED = "assigned", _("Somebody looks after it")
    EXTENDED = "extended", _("More time taken")
    ANSWERED = "answered", _("Answered")
    REFUSED = "refused", _("Refused")
    CANCELLED = "cancelled", _("Cancelled")


class RequestStep(models.Model):
    """What happened to a request. Appended, never edited."""

    access = Access(app="SELECT, INSERT, DELETE", worker="SELECT, INSERT, DELETE")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(RightsRequest, on_delete=models.CASCADE, related_name="steps")
    at = models.DateTimeField(default=clock.now)
    kind = models.CharField(max_length=16, choices=StepKind)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    refusal = models.CharField(max_length=16, choices=Refusal, blank=True, default="")
    note = encrypt(models.TextField(blank=True, default=""))

    class Meta:
        indexes = [models.Index(fields=["request", "at"], name="requeststep_order")]
