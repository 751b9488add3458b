"""The base of every model that belongs to an account."""

from __future__ import annotations

from typing import Any, Self

from django.db import models

from paasoo_portal.core.tenancy.scope import current


class ScopedQuerySet(models.QuerySet[Any]):
    def within(self) -> Self:
        """Narrowed to the open scope's account. Raises NoScope."""
        scope = current()
        if scope.account_id is not None:
            return self.filter(account_id=scope.account_id)
        return self if scope.person_id is None else self.filter(person_id=scope.person_id)


class ScopedManager(models.Manager.from_queryset(ScopedQuerySet)):  # type: ignore[misc]
    """Refuses to build a query outside a scope, and narrows it to the scope's account."""

    def get_queryset(self) -> ScopedQuerySet:
        return super().get_queryset().within()


class TenantModel(models.Model):
    """A row of one account. PostgreSQL enforces it too: see core.tenancy.policies."""

    account_id = models.UUIDField()

    objects = ScopedManager()

    class Meta:
        abstract = True
