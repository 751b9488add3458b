"""Names for ids: `accounts` registers how an account or a person is shown and found; the floor only asks."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

Label = Callable[[str, UUID], str]
Search = Callable[[str, str], list[UUID]]
_label: Label | None = None
_search: Search | None = None


def register(*, label: Label, search: Search) -> None:
    """`label(kind, id)` gives a name to show now (never to store); `search(kind, text)` finds ids by a name."""
    global _label, _search
    _label, _search = label, search


def label(kind: str, identity: UUID) -> str:
    return _label(kind, identity) if _label else str(identity)


def search(kind: str, text: str) -> list[UUID]:
    return _search(kind, text) if _search else []
