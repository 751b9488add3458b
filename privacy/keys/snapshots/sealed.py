"""A snapshot as a file: a clear first line that says what it is, then all else sealed under the database's epoch key.

It holds wrapped keys, never an epoch key, and is sealed under a key of its own that only the vault's current epoch key
unwraps: once that is destroyed, the snapshot is noise. Keeps P-RET-2.
"""

from __future__ import annotations

import json
import os
import zlib
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from privacy.errors import PrivacyError
from privacy.keys.vault import EpochDestroyed, vault

VERSION: Final = 1
_CONTEXT: Final = b"paasoo/key-snapshot/1/"


class SnapshotError(PrivacyError):
    """A snapshot cannot be used. Nothing was changed."""


class SnapshotMissing(SnapshotError):
    """There is no snapshot of this database."""


class SnapshotForeign(SnapshotError):
    """The snapshot is another database's or another installation's."""


class SnapshotStale(SnapshotError):
    """Vault or journal know a later epoch than the snapshot, or its epoch key was destroyed."""


class SnapshotAltered(SnapshotError):
    """The snapshot was altered or damaged."""


@dataclass(frozen=True)
class Label:
    """What a snapshot says of itself in clear, bound to its content. `number` is the journal's head when it was taken."""

    database: str
    series: str
    epoch: int
    at: str
    journal: str
    number: int
    keys: int
    tombstones: int


def seal(label: Label, content: dict[str, Any]) -> bytes:
    """The file. Raises VaultUnavailable, VaultMismatch."""
    key, nonce = AESGCM.generate_key(256), os.urandom(12)
    wrapped = vault().wrap(label.database, label.epoch, key, _context(label))
    told = {"snapshot": VERSION, **asdict(label), "key": b64encode(wrapped).decode()}
    first = json.dumps(told, sort_keys=True).encode()
    packed = zlib.compress(json.dumps(content, default=str).encode(), 1)
    return first + b"\n" + nonce + AESGCM(key).encrypt(nonce, packed, first)


def read_label(file: bytes) -> Label:
    """Raises SnapshotAltered."""
    return _first_line(file)[0]


def unseal(file: bytes) -> dict[str, Any]:
    """The content. Raises SnapshotAltered, SnapshotStale, and what the vault raises."""
    label, wrapped, first, body = _first_line(file)
    try:
        key = vault().unwrap(label.database, label.epoch, wrapped, _context(label))
        packed = AESGCM(key).decrypt(body[:12], body[12:], first)
    except EpochDestroyed:
        raise SnapshotStale(
            f"the key of epoch {label.epoch} of {label.database} was destroyed, and the snapshot with it"
        ) from None
    except InvalidTag:
        raise SnapshotAltered(f"the snapshot of {label.database} was altered or damaged") from None
    content: dict[str, Any] = json.loads(zlib.decompress(packed))
    return content


def _first_line(file: bytes) -> tuple[Label, bytes, bytes, bytes]:
    first, _, body = file.partition(b"\n")
    try:
        told = json.loads(first)
        if told.pop("snapshot") != VERSION:
            raise ValueError
        wrapped = b64decode(told.pop("key"))
        label = Label(**told)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SnapshotAltered("this is no key snapshot, or its first line was altered") from None
    return label, wrapped, first, body


def _context(label: Label) -> bytes:
    return _CONTEXT + label.database.encode()
