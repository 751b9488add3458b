"""Where snapshots lie: `<root>/<database>/<epoch>-<time>.snapshot`, the newest few. A folder now; small, so anything will do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from django.conf import settings

from privacy import files
from privacy.keys.snapshots.sealed import SnapshotError, SnapshotMissing

KEPT: Final = 3
STAMP: Final = "%Y%m%dT%H%M%S%f"
_SUFFIX: Final = ".snapshot"


class SnapshotUnavailable(SnapshotError):
    """Snapshots cannot be read or written now."""


def put(database: str, epoch: int, stamp: str, file: bytes) -> Path:
    """Whole or not at all; then all but the newest few go."""
    folder = _folder(database)
    path = folder / f"{epoch:08d}-{stamp}{_SUFFIX}"
    with _loud("write"):
        files.make_folder(folder)
        files.destroy_leftovers(folder)
        path.unlink(missing_ok=True)  # one of the same microsecond
        files.write_new(path, file)
        for old in _of(folder)[KEPT:]:
            old.unlink()
        files.sync_folder(folder)
    return path


def newest(database: str) -> Path:
    """Raises SnapshotMissing."""
    with _loud("read"):
        found = _of(_folder(database))
    if not found:
        raise SnapshotMissing(f"there is no key snapshot of {database} where KEY_SNAPSHOT_URL says")
    return found[0]


def taken_at(path: Path) -> datetime:
    """When a snapshot was taken, by its name."""
    return datetime.strptime(path.stem.split("-", 1)[1], STAMP).replace(tzinfo=UTC)


def read(path: Path) -> bytes:
    """Raises SnapshotMissing, SnapshotUnavailable."""
    with _loud("read"):
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise SnapshotMissing("there is no such key snapshot") from None


def _of(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{_SUFFIX}"), reverse=True)


def _folder(database: str) -> Path:
    parts = urlsplit(settings.KEY_SNAPSHOT_URL)
    if parts.scheme != "file" or parts.netloc or not parts.path:
        raise SnapshotUnavailable("KEY_SNAPSHOT_URL must look like file:///path/of/a/folder")
    return Path(unquote(parts.path)) / database


@contextmanager
def _loud(doing: str) -> Iterator[None]:
    """Any error of the operating system is SnapshotUnavailable, with the path left out."""
    try:
        yield
    except OSError as error:
        raise SnapshotUnavailable(f"snapshot {doing}: {error.strerror or type(error).__name__}") from error
