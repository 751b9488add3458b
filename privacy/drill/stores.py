"""What the canary drill searches: everything this installation holds, as files of raw bytes.

The composition root registers a maker under the hook `drill.stores`: the engine knows no server and no folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Store:
    """Files of one kind. `keeps_clear`: names and addresses of the erased may stay here as the certificate says."""

    name: str
    files: list[Path]
    keeps_clear: bool = False


class Stores(Protocol):
    """Everything held, brought to the disk before it is looked at."""

    def all(self, folder: Path) -> list[Store]:
        """Flush, dump every database into the folder, and name all files."""

    def key_files(self, alias: str) -> list[Path]:
        """The files of a database's key table as it is now."""

    def controls(self, needle: bytes) -> AbstractContextManager[None]:
        """Plant the needle on purpose in every store, in clear; gone afterwards."""


def search(files: list[Path], needles: list[bytes]) -> Iterator[tuple[Path, bytes]]:
    """Each file with each needle that it holds. A file that goes meanwhile holds nothing."""
    # Numbers begin alike: where their beginning is not, none of them is.
    alike: dict[bytes, list[bytes]] = {}
    for needle in needles:
        alike.setdefault(needle[:8], []).append(needle)
    for path in files:
        try:
            content = path.read_bytes()
        except (FileNotFoundError, IsADirectoryError):
            continue
        for beginning, group in alike.items():
            if len(group) == 1 or beginning in content:
                yield from ((path, needle) for needle in group if needle in content)
