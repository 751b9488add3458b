"""Certificates, in one chain, and the hashes of complete blocks of it."""

from __future__ import annotations

from django.db import models

from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy.policies import Access


class Certificate(models.Model):
    """One certificate of erasure. The body is canonical JSON text, exactly as signed."""

    # `unique` numbers and the chain span accounts, so pages filter by account and PostgreSQL does not.
    exempt = (
        "The chain spans accounts and anybody may check a certificate; it holds counts and ids, no content."
    )
    access = Access(app="SELECT", worker="SELECT, INSERT")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.BigIntegerField(unique=True)
    account_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=24)
    body = models.TextField()
    digest = models.CharField(max_length=64)
    previous_digest = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)
    issued_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account_id", "-number"], name="certificate_account")]


class CertificateBlock(models.Model):
    """The hash over 1,024 certificates in a row (certificates.tree): what follows from them, kept to be quick."""

    access = Access(app="SELECT", worker="SELECT, INSERT")

    number = models.IntegerField(primary_key=True)
    root = models.CharField(max_length=64)
