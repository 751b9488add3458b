"""The mark that an erasure leaves in its own transaction: a copy without it was taken before the erasure."""

from __future__ import annotations

from django.db import models

from paasoo_portal.core.router import BOTH
from paasoo_portal.core.tenancy.policies import Access


class JournalMark(models.Model):
    """One erasure of the journal that was committed here. Never updated, so erasures never wait for one another.

    One row for each, and not one for all: a copy may hold a later erasure and lack an earlier one that was still
    being committed.
    """

    plane = BOTH
    access = Access(app="SELECT, INSERT", worker="SELECT, INSERT, DELETE")

    number = models.BigIntegerField(primary_key=True)
    fingerprint = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
