"""The audit trail's table, and where a trail begins since its oldest part went."""

from __future__ import annotations

from django.db import models

from paasoo_portal.core.tenancy.policies import Access


class AuditEvent(models.Model):
    """One act. `chain` names the trail (an account's, or the system's); numbers in it have no gap."""

    # Not tenant-scoped: staff and system acts belong to no account, and the chain is verified as a whole. What is
    # over its time goes by a function of the owner's (core.audit.cut).
    access = Access(app="SELECT, INSERT", worker="SELECT, INSERT")

    id = models.BigAutoField(primary_key=True)
    chain = models.UUIDField()
    number = models.BigIntegerField()
    at = models.DateTimeField()
    event = models.CharField(max_length=64)
    actor_kind = models.CharField(max_length=8)
    actor_id = models.UUIDField(null=True)
    subject_id = models.UUIDField(null=True)
    data = models.JSONField(default=dict)
    digest = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain", "number"], name="audit_chain_number")]
        indexes = [models.Index(fields=["chain", "-id"], name="audit_chain_id")]


class AuditAnchor(models.Model):
    """The last entry that went: the trail goes on from its number and digest. Neither says what the entry was."""

    access = Access(app="SELECT", worker="SELECT")

    chain = models.UUIDField(primary_key=True)
    number = models.BigIntegerField()
    digest = models.BinaryField(max_length=32)
    last_at = models.DateTimeField()
    cut_at = models.DateTimeField()
