"""What a drill needs of the layers above: an account's world, planted and erased by the real services.

The composition root registers a maker under the hook `drill.world`. All of it is made up: names on example.com, numbers
reserved for fiction.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True)
class Message:
    """A planted message: its row, and what it said to whom."""

    row: UUID
    text: str
    number: str


@dataclass
class Traces:
    """What must be gone and what must be there, by database. `words` are names and addresses on the control plane.

    `dead` went by its keys: no copy opens it. `erased` went row by row: old copies open it until the night makes its
    day's keys anew, and the procedure takes it out of a restored one.
    """

    dead: dict[str, list[Message]] = field(default_factory=dict)
    erased: dict[str, list[Message]] = field(default_factory=dict)
    living: dict[str, list[Message]] = field(default_factory=dict)
    # So many letters begin every text, and nothing else that anybody ever wrote.
    marked: int = 0
    words_gone: list[str] = field(default_factory=list)
    words_living: list[str] = field(default_factory=list)


class World(Protocol):
    """Two accounts with their people and messages in each of the regional databases."""

    def plant(self, messages: int) -> None:
        """Before the copies: about so many messages in each database, half of them due."""

    def plant_late(self) -> None:
        """After dumps and base back-up: what only the WAL has."""

    def use(self) -> None:
        """Messages that go the way of a customer's, through everything that could keep a trace of them; they die too."""

    def erase(self) -> None:
        """By each path but retention: a message, a number, a person, an account."""

    def traces(self) -> Traces:
        """What came of it."""

    def keys(self, alias: str) -> list[UUID]:
        """The data keys that seal what was planted in a database."""

    def left(self) -> dict[str, int]:
        """What stays for good in the installation, counted: accounting and proofs go by their own rules."""

    def remove(self) -> None:
        """All that is left, through the same services. May be called at any moment."""
