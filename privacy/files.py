"""Durable file operations of vault, journal and snapshots: a file is whole or absent, and gone means gone after fsync."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

TEMPORARY = ".new-"
_PRIVATE_FILE, _PRIVATE_FOLDER = 0o600, 0o700


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """A private folder; its entry in the parent is durable."""
    if not folder.is_dir():
        folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        sync_folder(folder.parent)


def write_new(path: Path, content: bytes) -> None:
    """Write a file that did not exist, whole or not at all. Raises FileExistsError, never overwrites.

    A link refuses an existing name, which a rename would silently replace.
    """
    temporary = path.with_name(f"{TEMPORARY}{path.name}-{secrets.token_hex(4)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE)
    try:
        _write_all(handle, content)
        os.fsync(handle)
        os.link(temporary, path)
    finally:
        os.close(handle)
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def append_line(path: Path, line: bytes) -> None:
    """Append one line, durably. A torn tail left by a crash is cut off by a line feed of its own."""
    existed = path.exists()
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, _PRIVATE_FILE)
    try:
        size = os.fstat(handle).st_size
        torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        _write_all(handle, (b"\n" if torn else b"") + line + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)
    if not existed:
        sync_folder(path.parent)


def destroy(path: Path) -> None:
    """Overwrite once (best effort: flash and copy-on-write keep what they like), unlink, sync the folder."""
    with suppress(FileNotFoundError):
        handle = os.open(path, os.O_WRONLY)
        try:
            _write_all(handle, os.urandom(max(os.fstat(handle).st_size, 1)))
            os.fsync(handle)
        finally:
            os.close(handle)
        path.unlink()
    sync_folder(path.parent)


def destroy_leftovers(folder: Path, name: str = "") -> None:
    """Destroy what a crash may have left of an unfinished write: it may hold a copy of a key."""
    for leftover in folder.glob(f"{TEMPORARY}{name}*"):
        destroy(leftover)


def _write_all(handle: int, content: bytes) -> None:
    written = 0
    while written < len(content):
        written += os.write(handle, content[written:])
