"""What a drill needs of whoever runs the databases: copies taken now, and restored elsewhere later.

The composition root registers a maker under the hook `drill.copies`: the engine knows no server.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import psycopg

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Restored:
    """A database as it was: `kind` says what it was restored from."""

    alias: str
    kind: str
    connection: Connection


@dataclass(frozen=True)
class Group:
    """Copies that can be looked at now. `environ` leads a child process to them, where the product could be started."""

    copies: list[Restored]
    environ: dict[str, str] = field(default_factory=dict)


class Copies(Protocol):
    """Takes copies of the control plane and of regional databases, and restores them beside this installation."""

    def begin(self, folder: Path) -> None:
        """Dump each database, take a base back-up, and archive all WAL from now on, into the folder."""

    def mark(self, name: str) -> None:
        """Name this moment in the WAL, so that a base back-up can be brought to it."""

    def end(self) -> None:
        """Archive no more. May be called again."""

    def restored(self, folder: Path) -> Iterator[Group]:
        """One group after the other, each gone when the next is asked for or the iterator is closed."""
