"""What a drill needs of whoever runs the databases: copies taken now, and restored elsewhere later.

The composition root registers a maker under the hook `drill.copies`: the engine knows no server.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Restored:
    """A regional database as it was: `kind` says what it was restored from."""

    alias: str
    kind: str
    connection: Connection


class Copies(Protocol):
    """Takes copies of the regional databases of this installation and restores them beside it."""

    def take(self, folder: Path) -> None:
        """Dump each database and take a base back-up with its WAL, into the folder."""

    def restored(self, folder: Path) -> AbstractContextManager[list[Restored]]:
        """The copies in the folder, each as a database that can be read; gone afterwards."""
