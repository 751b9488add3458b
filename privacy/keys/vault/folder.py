"""The vault as a protected folder: `<root>/<database>/epoch-<n>.key`, mode 0600.

A disk or a machine snapshot may keep what a folder has deleted, so destruction here is called "logical". The
ledger `destroyed.jsonl` is written before a key goes (intent) and after (receipt): a key that is missing
without an entry is a damaged or wrong vault, never an erasure.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Final, Literal

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from paasoo_portal.core import clock
from privacy import files
from privacy.keys.vault.base import Receipt, series_name
from privacy.keys.vault.errors import EpochDestroyed, EpochExists, VaultMismatch, VaultUnavailable
from privacy.keys.vault.wrapping import WrappingVault

_MAGIC: Final = b"PSEK1"
_KEY_BYTES = 32
_FILE: Final = re.compile(r"epoch-(\d+)\.key")


class FolderVault(WrappingVault):
    """Thread-safe."""

    erasure: ClassVar[Literal["logical", "irrecoverable"]] = "logical"

    def __init__(self, root: Path, *, cache_seconds: float) -> None:
        super().__init__(cache_seconds=cache_seconds)
        self.root = root
        self._lock = threading.Lock()

    def create(self, database: str, epoch: int) -> None:
        folder = self._folder(database)
        with self._lock, _loud("create"):
            files.make_folder(self.root)
            files.make_folder(folder)
            files.destroy_leftovers(folder)
            if epoch <= self.head(database):
                raise EpochExists(f"epoch {epoch} of {database} exists or existed")
            self._ensure_fingerprint(database)
            key = AESGCM.generate_key(256)
            try:
                files.write_new(self._path(database, epoch), _encode(database, epoch, key))
            except FileExistsError as error:
                raise EpochExists(f"epoch {epoch} of {database} exists") from error
            if self._read(database, epoch) != key:
                raise VaultUnavailable(f"epoch {epoch} of {database} reads back differently")

    def destroy(self, database: str, epoch: int) -> Receipt:
        with self._lock, _loud("destroy"):
            self._cache.pop((database, epoch), None)
            known = self.receipts(database).get(epoch)
            if known and "destroyed_at" in known:
                return known
            path = self._path(database, epoch)
            if known is None:
                if not path.exists():
                    raise VaultMismatch(f"epoch {epoch} of {database} is not in this vault")
                self._enter(database, {"epoch": epoch, "intended_at": clock.now().isoformat()})
            files.destroy(path)
            files.destroy_leftovers(path.parent, path.name)
            receipt: Receipt = {
                "epoch": epoch,
                "database": database,
                "fingerprint": self.fingerprint(database),
                "vault": "folder",
                "erasure": self.erasure,
                "method": "overwritten once, unlinked, folder synced",
                "destroyed_at": clock.now().isoformat(),
            }
            self._enter(database, receipt)
            return receipt

    def epochs(self, database: str) -> list[int]:
        with _loud("list"):
            try:
                names = [path.name for path in self._folder(database).iterdir()]
            except FileNotFoundError:
                return []
        return sorted(int(match[1]) for name in names if (match := _FILE.fullmatch(name)))

    def exposed(self, database: str) -> list[bytes]:
        return [self._read(database, epoch) for epoch in self.epochs(database)]

    def receipts(self, database: str) -> dict[int, Receipt]:
        """By epoch; an entry without `destroyed_at` is an intent that a crash interrupted."""
        with _loud("receipts"):
            try:
                lines = (self._folder(database) / "destroyed.jsonl").read_bytes().splitlines()
            except FileNotFoundError:
                return {}
        found: dict[int, Receipt] = {}
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue  # a torn line of a crash; the entry was repeated after it
            found[int(entry["epoch"])] = entry
        return found

    def fingerprint(self, database: str) -> str:
        with _loud("fingerprint"):
            try:
                text = (self._folder(database) / "fingerprint").read_text("ascii").strip()
            except FileNotFoundError:
                return ""
        if not re.fullmatch(r"[0-9a-f]{64}", text):
            raise VaultUnavailable(f"the fingerprint of {database} is damaged")
        return text

    def mark_in_use(self, database: str, epoch: int) -> None:
        if epoch > self.in_use(database):
            with self._lock, _loud("mark"):
                files.append_line(self._folder(database) / "in-use", str(epoch).encode())

    def in_use(self, database: str) -> int:
        with _loud("mark"):
            try:
                lines = (self._folder(database) / "in-use").read_bytes().splitlines()
            except FileNotFoundError:
                return 0
        return max([0, *(int(line) for line in lines if line.isdigit())])

    def signing_key(self) -> bytes:
        path = self.root / "signing.key"
        with _loud("signing key"):
            if not path.exists():
                files.make_folder(self.root)
                try:
                    files.write_new(path, secrets.token_bytes(_KEY_BYTES))
                except FileExistsError:
                    pass  # another process was first
            seed = path.read_bytes()
        if len(seed) != _KEY_BYTES:
            raise VaultUnavailable("the signing key is damaged")
        return seed

    def check(self) -> None:
        with _loud("check"):
            if not os.access(self.root, os.R_OK | os.W_OK | os.X_OK):
                raise VaultUnavailable("the vault's folder is missing or not writable")

    def _read(self, database: str, epoch: int) -> bytes:
        if epoch in self.receipts(database):
            raise EpochDestroyed(f"epoch {epoch} of {database} was destroyed")
        with _loud("read"):
            try:
                content = self._path(database, epoch).read_bytes()
            except FileNotFoundError as error:
                raise VaultMismatch(
                    f"epoch {epoch} of {database} is missing without a destruction receipt"
                ) from error
        key = content[len(_MAGIC) : len(_MAGIC) + _KEY_BYTES]
        if content != _encode(database, epoch, key):
            raise VaultUnavailable(f"the key file of epoch {epoch} of {database} is damaged or misplaced")
        return key

    def _ensure_fingerprint(self, database: str) -> None:
        if self.fingerprint(database):
            return
        if self.head(database):
            raise VaultMismatch(f"the vault holds epochs of {database} but no fingerprint")
        files.write_new(self._folder(database) / "fingerprint", secrets.token_hex(32).encode())

    def _enter(self, database: str, entry: Receipt) -> None:
        line = json.dumps(entry, sort_keys=True).encode()
        files.append_line(self._folder(database) / "destroyed.jsonl", line)

    def _folder(self, database: str) -> Path:
        return self.root / series_name(database)

    def _path(self, database: str, epoch: int) -> Path:
        return self._folder(database) / f"epoch-{epoch}.key"


def _encode(database: str, epoch: int, key: bytes) -> bytes:
    """The digest tells a truncated, flipped or misplaced file from a good one; it guards against no thief."""
    digest = hashlib.sha256(b"\0".join((_MAGIC, database.encode(), str(epoch).encode(), key))).digest()
    return _MAGIC + key + digest


@contextmanager
def _loud(doing: str) -> Iterator[None]:
    """Any operating-system error of the vault's folder is VaultUnavailable, with the path left out."""
    try:
        yield
    except OSError as error:
        raise VaultUnavailable(f"vault {doing}: {error.strerror or type(error).__name__}") from error
