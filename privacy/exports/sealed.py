"""A sealed file: AES-256-GCM by chunks of a mebibyte, each bound to the job, its place, and whether it is the last.

So that a file cannot be cut short, reordered or given to another job. Keeps P-SEC-1.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from privacy.errors import PrivacyError

CHUNK: Final = 1024 * 1024
TAG: Final = 16


class FileRefused(PrivacyError):
    """The file was altered, or is another's."""


def seal(source: BinaryIO, target: Path, key: bytes, job_id: UUID) -> None:
    """Write the sealed form of `source` to `target`. A key seals one file, so that no nonce comes twice."""
    aead = AESGCM(key)
    with target.open("wb") as file:
        place, chunk = 0, source.read(CHUNK)
        while True:
            following = source.read(CHUNK)
            file.write(aead.encrypt(_nonce(place), chunk, _bound(job_id, last=not following)))
            if not following:
                return
            place, chunk = place + 1, following


def unseal(source: Path, key: bytes, job_id: UUID) -> Iterator[bytes]:
    """The plain chunks. Raises FileRefused."""
    aead = AESGCM(key)
    with source.open("rb") as file:
        place, chunk = 0, file.read(CHUNK + TAG)
        while True:
            following = file.read(CHUNK + TAG)
            try:
                yield aead.decrypt(_nonce(place), chunk, _bound(job_id, last=not following))
            except InvalidTag:
                raise FileRefused(f"export {job_id}: chunk {place} was altered") from None
            if not following:
                return
            place, chunk = place + 1, following


def _nonce(place: int) -> bytes:
    return place.to_bytes(12, "big")


def _bound(job_id: UUID, *, last: bool) -> bytes:
    return job_id.bytes + (b"\x01" if last else b"\x00")
