"""API keys: the public key in clear, the secret as a hash, shown once."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import TenantModel


class ApiKey(TenantModel):
    """One key. Secrets have 128 bits or more of entropy, so a plain SHA-256 is the right hash."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.CharField(_("key"), max_length=16, unique=True)
    secret_hash = models.CharField(max_length=64)
    # The secret that a newer one has replaced: it works until somebody stops it.
    former_hash = models.CharField(max_length=64, blank=True, default="", db_default="")
    former_used_at = models.DateTimeField(null=True, blank=True)
    name = models.CharField(_("name"), max_length=80)
    scopes = models.JSONField(default=list)
    ip_allow = models.JSONField(_("allowed addresses"), default=list, blank=True)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    created_by = models.ForeignKey("accounts.Person", null=True, on_delete=models.SET_NULL, related_name="+")
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    last_used_net = models.CharField(_("last used from"), max_length=50, blank=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        indexes = [models.Index(fields=["account_id", "-created_at"], name="apikey_account")]

    def __str__(self) -> str:
        return f"API key {self.pk}"
