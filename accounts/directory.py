"""How accounts and people are named and found by those who know only their ids."""

from __future__ import annotations

from uuid import UUID

from accounts.models import Account, Person
from paasoo_portal.core import directory


def label(kind: str, identity: UUID) -> str:
    """The name to show for an account or a person now; never to be stored."""
    models: dict[str, type[Account | Person]] = {"account": Account, "person": Person}
    found = models[kind].objects.filter(pk=identity).first()
    if found is None:
        return str(identity)
    return found.name or getattr(found, "email", "") or str(identity)


def search(kind: str, text: str) -> list[UUID]:
    """Ids of at most 50 accounts or people whose name (or a person's address) contains the text."""
    if kind == "account":
        return list(Account.objects.filter(name__icontains=text).values_list("pk", flat=True)[:50])
    people = Person.objects.filter(name__icontains=text) | Person.objects.filter(email__icontains=text)
    return list(people.values_list("pk", flat=True)[:50])


def register() -> None:
    directory.register(label=label, search=search)
