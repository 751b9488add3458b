"""Names for ids: `accounts` registers how accounts and people are shown and found; the floor only asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

Labels = Callable[[str, set[UUID]], dict[UUID, str]]
Search = Callable[[str, str], list[UUID]]
_labels: Labels | None = None
_search: Search | None = None


def register(*, labels: Labels, search: Search) -> None:
    """`labels(kind, ids)` gives names to show now (never to store); `search(kind, text)` finds ids by a name."""
    global _labels, _search
    _labels, _search = labels, search


def labels(kind: str, identities: Iterable[UUID]) -> dict[UUID, str]:
    """A name for each of the ids, in one query; the id itself where nobody is found."""
    wanted = set(identities)
    found = _labels(kind, wanted) if _labels and wanted else {}
    return {identity: found.get(identity) or str(identity) for identity in wanted}


def label(kind: str, identity: UUID) -> str:
    return labels(kind, [identity])[identity]


def search(kind: str, text: str) -> list[UUID]:
    return _search(kind, text) if _search else []
