"""A hold, who decided on it, and its release. Never edited and never deleted: one that must change is placed anew."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_cryptography.fields import encrypt

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy.policies import Access
from privacy.keys.models import INSTRUCTED_CHOICES, DataClass


class Scope(models.TextChoices):
    ACCOUNT = "account", _("An account’s messages")
    NUMBER = "number", _("One number of an account")
    PERSON = "person", _("A person who uses the portal")


class LegalHold(models.Model):
    """Messages of an account (all, or those of one number) on UTC days, or everything about a person.

    In force from its proposal on, so that nothing is lost between; without a second officer's word it lapses.
    """

    access = Access(app="SELECT, INSERT, UPDATE", worker="SELECT, UPDATE, DELETE")
    exempt = (
        "The night's run and the privacy officer read every account's; a customer's page names its account."
    )

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    scope = models.CharField(
        _("what is covered"), max_length=8, choices=Scope, default=Scope.ACCOUNT, db_default=Scope.ACCOUNT
    )
    account_id = models.UUIDField(_("account"), null=True, blank=True, db_index=True)
    person_id = models.UUIDField(_("person"), null=True, blank=True)
    number = encrypt(models.CharField(_("number"), max_length=20, null=True, blank=True))
    secret = models.BooleanField(_("kept from the customer"), default=False, db_default=False)
    # Whether an open hold on an account keeps copies as well, for somebody to hand over; others do anyway.
    copied = models.BooleanField(_("kept by copies"), default=False, db_default=False)
    classes = ArrayField(
        models.SmallIntegerField(choices=INSTRUCTED_CHOICES), verbose_name=_("what is preserved")
    )
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"), null=True, blank=True)
    authority = models.CharField(_("authority"), max_length=200)
    reference = models.CharField(_("their reference"), max_length=80)
    review_on = models.DateField(_("review on"))
    placed_by_id = models.UUIDField(null=True)
    placed_at = models.DateTimeField(_("placed"), default=clock.now)
    confirmed_by_id = models.UUIDField(null=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)
    release_asked_by_id = models.UUIDField(null=True)
    release_asked_at = models.DateTimeField(_("release proposed"), null=True)
    released_by_id = models.UUIDField(null=True)
    released_at = models.DateTimeField(_("released"), null=True)
    lapsed = models.BooleanField(_("lapsed"), default=False, db_default=False)

    class Meta:
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_day=None) | models.Q(last_day__gte=models.F("first_day")),
                name="legalhold_days",
            ),
            models.CheckConstraint(
                condition=models.Q(scope=Scope.PERSON, account_id=None, person_id__isnull=False)
                | (~models.Q(scope=Scope.PERSON) & models.Q(account_id__isnull=False, person_id=None)),
                name="legalhold_subject",
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_by_id=None)
                | ~models.Q(confirmed_by_id=models.F("placed_by_id")),
                name="legalhold_two_to_place",
            ),
            models.CheckConstraint(
                condition=models.Q(released_by_id=None)
                | ~models.Q(released_by_id=models.F("release_asked_by_id")),
                name="legalhold_two_to_release",
            ),
        ]
        indexes = [
            models.Index(
                fields=["account_id"], condition=models.Q(released_at=None), name="legalhold_in_force"
            )
        ]

    def __str__(self) -> str:
        return f"{self.authority}, {self.reference}"

    @property
    def labels(self) -> list[str]:
        return [str(DataClass(one).label) for one in self.classes]

    @property
    def keeps_keys(self) -> bool:
        """Whether the day keys themselves are kept; every other hold keeps copies."""
        return self.scope == Scope.ACCOUNT and not self.secret and not self.copied

    @property
    def binds(self) -> bool:
        """Whether two officers have placed it and nobody has let it go."""
        return self.confirmed_at is not None and self.released_at is None

    @property
    def state(self) -> str:
        """In a word, for whoever looks after it."""
        if self.released_at is not None:
            return str(_("lapsed") if self.lapsed else _("released"))
        if self.confirmed_at is None:
            return str(_("proposed, to be confirmed"))
        return str(_("release proposed") if self.release_asked_at is not None else _("in force"))
