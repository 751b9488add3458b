"""How accounts and people are named and found by those who know only their ids."""

from __future__ import annotations

from uuid import UUID

from accounts.models import Account, Person
from paasoo_portal.core import directory


def labels(kind: str, identities: set[UUID]) -> dict[UUID, str]:
    """The names to show for accounts or people now; never to be stored."""
    models: dict[str, type[Account | Person]] = {"account": Account, "person": Person}
    found = models[kind].objects.filter(pk__in=identities)
    return {one.pk: one.name or getattr(one, "email", "") for one in found}


def search(kind: str, text: str) -> list[UUID]:
    """Ids of at most 50 accounts or people whose name (or a person's address) contains the text."""
    if kind == "account":
        return list(Account.objects.filter(name__icontains=text).values_list("pk", flat=True)[:50])
    people = Person.objects.filter(name__icontains=text) | Person.objects.filter(email__icontains=text)
    return list(people.values_list("pk", flat=True)[:50])


def register() -> None:
    directory.register(labels=labels, search=search)
