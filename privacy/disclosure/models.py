"""The register of orders, and the files that were handed over."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_cryptography.fields import encrypt

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy.policies import Access


class OrderKind(models.TextChoices):
    PRESERVATION = "preservation", _("Preservation order")
    PRODUCTION = "production", _("Production order")


class Validity(models.TextChoices):
    OPEN = "open", _("not checked yet")
    VALID = "valid", _("valid")
    INVALID = "invalid", _("not valid")


class Transfer(models.TextChoices):
    """Art. 48 GDPR: an order from outside the EEA binds by an international agreement alone."""

    OPEN = "open", _("not checked yet")
    INSIDE = "inside", _("an authority of the EEA: Art. 48 does not apply")
    AGREEMENT = "agreement", _("an international agreement covers it")
    NONE = "none", _("no agreement: it is not answered, and referred to one")


class OrderState(models.TextChoices):
    RECEIVED = "received", _("Received")
    GRANTED = "granted", _("Granted")
    ANSWERED = "answered", _("Answered")
    REFUSED = "refused", _("Refused")


class Order(models.Model):
    """One order of an authority. Appended to as it goes, never deleted; its words are sealed."""

    access = Access(app="SELECT, INSERT, UPDATE", worker="SELECT, UPDATE, DELETE")
    exempt = "The register spans accounts, and an order may be secret; a customer's page names its account and what was told."

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reference = models.CharField(_("reference"), max_length=16, unique=True)
    kind = models.CharField(_("kind"), max_length=16, choices=OrderKind)
    authority = models.CharField(_("authority"), max_length=200)
    their_reference = models.CharField(_("their reference"), max_length=80)
    country = models.CharField(_("country"), max_length=2)
    legal_basis = models.CharField(_("legal basis"), max_length=300)
    asked = encrypt(models.TextField(_("what is asked")))
    received_on = models.DateField(_("received"))
    answer_by = models.DateField(_("answer by"))
    state = models.CharField(_("state"), max_length=16, choices=OrderState, default=OrderState.RECEIVED)
    validity = models.CharField(_("validity"), max_length=16, choices=Validity, default=Validity.OPEN)
    transfer = models.CharField(_("Art. 48"), max_length=16, choices=Transfer, default=Transfer.OPEN)
    assessment = encrypt(models.TextField(_("assessment"), blank=True, default=""))
    granted = encrypt(models.TextField(_("what is granted"), blank=True, default=""))
    account_id = models.UUIDField(_("account"), null=True, blank=True)
    hold_id = models.UUIDField(null=True)
    silent = models.BooleanField(_("the customer must not be told"), default=False)
    silent_until = models.DateField(_("must not be told until"), null=True, blank=True)
    told_at = models.DateTimeField(_("customer told"), null=True)
    recorded_by_id = models.UUIDField(null=True)
    recorded_at = models.DateTimeField(_("recorded"), default=clock.now)
    assessed_by_id = models.UUIDField(null=True)
    closed_by_id = models.UUIDField(null=True)
    closed_at = models.DateTimeField(_("closed"), null=True)

    class Meta:
        verbose_name = _("order of an authority")
        verbose_name_plural = _("orders of authorities")
        indexes = [models.Index(fields=["state", "answer_by"], name="order_state_due")]

    def __str__(self) -> str:
        return self.reference


class ExtractState(models.TextChoices):
    WAITING = "waiting", _("Being made")
    READY = "ready", _("Ready, to be released by somebody else")
    RELEASED = "released", _("Released, to be fetched once")
    FETCHED = "fetched", _("Handed over")
    FAILED = "failed", _("Failed")
    OVER = "over", _("Gone")


class Extract(models.Model):
    """A sealed file made of copies. One prepares it, another releases it, and it is fetched once: its key goes with that."""

    access = Access(app="SELECT, INSERT, UPDATE", worker="SELECT, UPDATE, DELETE")
    exempt = "Made of secret holds' copies too; only the desk's pages read it."

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # The hold or the case whose copies it holds, and the order that asks for it, if any.
    case_id = models.UUIDField(db_index=True)
    order_id = models.UUIDField(null=True)
    account_id = models.UUIDField(null=True)
    state = models.CharField(_("state"), max_length=16, choices=ExtractState, default=ExtractState.WAITING)
    prepared_by_id = models.UUIDField(null=True)
    prepared_at = models.DateTimeField(_("prepared"), default=clock.now)
    released_by_id = models.UUIDField(null=True)
    released_at = models.DateTimeField(_("released"), null=True)
    fetched_by_id = models.UUIDField(null=True)
    fetched_at = models.DateTimeField(_("fetched"), null=True)
    key = encrypt(models.BinaryField(default=bytes))
    digest = models.CharField(_("SHA-256"), max_length=64, blank=True, default="")
    size = models.PositiveBigIntegerField(_("size"), default=0)
    records = models.PositiveIntegerField(_("records"), default=0)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("extract")
        verbose_name_plural = _("extracts")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(released_by_id=None)
                | ~models.Q(released_by_id=models.F("prepared_by_id")),
                name="extract_two_to_release",
            ),
            models.UniqueConstraint(
                fields=["case_id"],
                condition=models.Q(state__in=["waiting", "ready", "released"]),
                name="extract_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"extract {self.pk}"
