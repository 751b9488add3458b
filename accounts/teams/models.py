"""The account (the customer's organisation), its members and the invitations to join."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import TenantModel
from paasoo_portal.core.tenancy.policies import Access

REGION_CODES = [("sg", _("Singapore")), ("hk", _("Hong Kong")), ("cn", _("China mainland"))] + [
    ("tw", _("Taiwan")),
    ("in", _("India")),
    ("ie", _("Ireland")),
]


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator", _("Administrator")
    DEVELOPER = "developer", _("Developer")
    SUPPORT = "support", _("Support")
    BILLING = "billing", _("Billing")
    VIEWER = "viewer", _("Viewer")


class AccountState(models.TextChoices):
    OPEN = "open", _("Open")
    SUSPENDED = "suspended", _("Suspended")
    CLOSED = "closed", _("Closed")


class Account(models.Model):
    """A customer. It has no policy: the account switcher and sign-in read it before a scope exists."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(_("name"), max_length=120)
    region = models.CharField(_("home region"), max_length=2, choices=REGION_CODES, default="sg")
    state = models.CharField(_("state"), max_length=12, choices=AccountState, default=AccountState.OPEN)
    currency = models.CharField(max_length=3, default="EUR", editable=False)
    default_sender = models.CharField(_("default sender ID"), max_length=16, default="PaaSoo")
    push_url = models.URLField(_("delivery push URL"), max_length=500, blank=True)
    throttle_per_second = models.PositiveIntegerField(_("messages per second"), default=50)
    version = models.PositiveBigIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        return f"account {self.pk}"

    @property
    def called(self) -> str:
        """Its name; one that is closed has lost it."""
        return self.name or str(self.pk)


class Membership(TenantModel):
    """A person's place in an account. A person may also see their own, in whatever account (the switcher)."""

    access = Access(own_person=True)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey("accounts.Person", on_delete=models.CASCADE, related_name="+")
    role = models.CharField(_("role"), max_length=16, choices=Role)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["account_id", "person"], name="membership_once"),
        ]

    def __str__(self) -> str:
        return f"membership {self.pk}"


class Invitation(models.Model):
    """An invitation to join, bound to an address. Only a hash of its token is stored."""

    exempt = (
        "The invited person follows the link before any scope exists; the token's hash is what is looked up."
    )

    account_id = models.UUIDField(db_index=True)
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(_("email address"), max_length=254)
    role = models.CharField(_("role"), max_length=16, choices=Role)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey("accounts.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")

    def __str__(self) -> str:
        return f"invitation {self.pk}"
