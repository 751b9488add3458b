"""The rule of each kind of case, as data with effective dates, and the cases themselves."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django_cryptography.fields import encrypt

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy.policies import Access


class Kind(models.TextChoices):
    """The exceptions that the policy names; there is no other."""

    BILLING = "billing", _("Billing")
    RECONCILIATION = "reconciliation", _("Invoice reconciliation")
    TROUBLESHOOTING = "troubleshooting", _("Troubleshooting")
    SPAM = "spam", _("Spam")
    FRAUD = "fraud", _("Fraud")
    EXPLOIT = "exploit", _("Network exploit")
    ABUSE = "abuse", _("Abuse")


class CaseRule(models.Model):
    """How long and how much a kind of case may keep, from a day on."""

    access = Access(app="SELECT, INSERT, UPDATE", worker="SELECT")

    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    days = models.PositiveIntegerField(_("days"))
    extension_days = models.PositiveIntegerField(_("days of the one extension"))
    with_number = models.BooleanField(_("numbers may be copied"))
    with_content = models.BooleanField(_("content may be copied"))
    most = models.PositiveIntegerField(_("messages at most"))
    officer_only = models.BooleanField(_("opened by the privacy officer alone"))
    effective_on = models.DateField(_("effective on"))
    reason = models.TextField(_("law or clause behind it"))

    class Meta:
        verbose_name = _("rule of cases")
        verbose_name_plural = _("rules of cases")
        constraints = [models.UniqueConstraint(fields=["kind", "effective_on"], name="case_rule_once")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} from {self.effective_on}"


class Case(models.Model):
    """One exception about some of an account's messages. What its rule said is written into it; the rule may change."""

    access = Access(app="SELECT, INSERT, UPDATE", worker="SELECT, UPDATE, DELETE")
    exempt = "The night's run reads every account's; a customer's page names its account."

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    account_id = models.UUIDField(_("account"), db_index=True)
    number = encrypt(models.CharField(_("number"), max_length=20, null=True, blank=True))
    first_day = models.DateField(_("first day"))
    last_day = models.DateField(_("last day"))
    with_number = models.BooleanField(_("numbers are copied"))
    with_content = models.BooleanField(_("content is copied"))
    most = models.PositiveIntegerField(_("messages at most"))
    reason = encrypt(models.TextField(_("reason")))
    opened_by_id = models.UUIDField(null=True)
    opened_at = models.DateTimeField(_("opened"), default=clock.now)
    ends_on = models.DateField(_("ends"))
    extension_days = models.PositiveIntegerField(_("days of the one extension"))
    extended_by_id = models.UUIDField(null=True)
    extended_at = models.DateTimeField(_("extended"), null=True)
    extension_reason = encrypt(models.TextField(_("reason of the extension"), blank=True, default=""))
    closed_by_id = models.UUIDField(null=True)
    closed_at = models.DateTimeField(_("closed"), null=True)

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        permissions = [("open_guarded_case", "Can open cases of kinds that are the privacy officer’s")]
        constraints = [
            models.CheckConstraint(condition=models.Q(last_day__gte=models.F("first_day")), name="case_days")
        ]
        indexes = [models.Index(fields=["account_id"], condition=models.Q(closed_at=None), name="case_open")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {str(self.pk)[-6:]}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None and self.ends_on > clock.today()
