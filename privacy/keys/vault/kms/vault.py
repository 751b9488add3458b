"""The vault as AWS KMS: one HMAC key for each epoch, made and destroyed there, known to nobody.

An epoch's wrapping key is the MAC of a fixed message under its KMS key: derived once per process and cache
time, never stored, and gone for everybody when KMS destroys the key. KMS waits at least seven days with that, in
which nobody can use the key and a ruler of the account could still cancel: certificates print this delay, and
a cancelled deletion makes every check fail. Keeps P-RET-2, P-SEC-1.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import ClassVar, Final, Literal

from paasoo_portal.core import clock
from privacy.keys.vault.base import Receipt
from privacy.keys.vault.errors import EpochDestroyed, EpochExists, VaultMismatch, VaultUnavailable
from privacy.keys.vault.kms import ledger
from privacy.keys.vault.kms.api import PATIENCE_SECONDS, PAUSE_SECONDS, Api, Refused
from privacy.keys.vault.kms.destroyer import Destroyer
from privacy.keys.vault.kms.ledger import Destruction
from privacy.keys.vault.kms.maker import Maker
from privacy.keys.vault.kms.names import Names
from privacy.keys.vault.kms.series import ENABLED, MAC, NOT_FOUND, NOT_IN_THIS_STATE, Reader, Series, note
from privacy.keys.vault.wrapping import WrappingVault

_NOT_USABLE: Final = {NOT_FOUND, NOT_IN_THIS_STATE, "DisabledException"}
# "The actual waiting period might be up to 24 hours longer than the one you scheduled" (KMS's developer guide).
AT_THE_LATEST: Final = timedelta(days=1)


class KmsVault(WrappingVault):
    """Thread-safe. Keys and lists stay in memory for at most `cache_seconds`."""

    erasure: ClassVar[Literal["logical", "irrecoverable"]] = "irrecoverable"

    def __init__(self, api: Api, name: str, *, cache_seconds: float, waiting_days: int) -> None:
        super().__init__(cache_seconds=cache_seconds)
        self.destruction_delay = timedelta(days=waiting_days) + AT_THE_LATEST
        self._api, self._names = api, Names(name)
        self._reader = Reader(api, self._names)
        self._maker = Maker(api, self._names, self._reader)
        self._destroyer = Destroyer(api, self._reader, waiting_days)
        self._seen: dict[str, tuple[Series, float]] = {}
        self._seed: tuple[bytes, float] = (b"", 0.0)
        self._lock = threading.Lock()

    def create(self, database: str, epoch: int) -> None:
        with self._lock, self._changing(database) as series:
            if epoch <= series.head:
                raise EpochExists(f"epoch {epoch} of {database} exists or existed")
            if epoch != series.head + 1:
                raise VaultMismatch(f"epoch {epoch} of {database} does not follow epoch {series.head}")
            if series.keys and not series.anchor:
                raise VaultMismatch(f"the vault holds epochs of {database}, but not their anchor")
            anchor = series.anchor or self._maker.anchor(database)
            self._maker.discard_leftovers(database, anchor, series)
            self._maker.epoch(database, epoch, anchor)
            self._read_back(database, epoch)

    def destroy(self, database: str, epoch: int) -> Receipt:
        with self._lock, self._changing(database) as series:
            self._cache.pop((database, epoch), None)
            done = self._destroyer.destroy(database, epoch, series)
            return self._receipt(database, series.fingerprint, epoch, done)

    def epochs(self, database: str) -> list[int]:
        return self._look(database).living

    def receipts(self, database: str) -> dict[int, Receipt]:
        """By epoch. Without `destroyed_at`: an intent that a crash interrupted, or an old one, whose receipt in full
        stands in the database and its certificate.
        """
        series = self._look(database)
        entries = series.ledger
        found: dict[int, Receipt] = {
            n: {"epoch": n, "database": database} for n in range(1, entries.through + 1)
        }
        for epoch, intent in entries.intents.items():
            found[epoch] = {"epoch": epoch, "intended_at": intent.intended_at.isoformat()}
        for epoch, done in entries.destructions.items():
            found[epoch] = self._receipt(database, series.fingerprint, epoch, done)
        return found

    def fingerprint(self, database: str) -> str:
        return self._look(database).fingerprint

    def mark_in_use(self, database: str, epoch: int) -> None:
        if epoch > self.in_use(database):
            with self._changing(database) as series:
                if not series.anchor:
                    raise VaultMismatch(f"the vault has never seen {database}")
                at = clock.now().isoformat(timespec="seconds")
                note(self._api, series, {f"{ledger.IN_USE}{epoch}": at})

    def in_use(self, database: str) -> int:
        return self._look(database).ledger.in_use

    def head(self, database: str) -> int:
        return self._look(database).head

    def signing_key(self) -> bytes:
        seed, until = self._seed
        if until <= time.monotonic():
            message = self._names.message("signing")
            try:
                seed = self._mac(self._names.signing_alias, message)
            except Refused as refusal:
                if refusal.code != NOT_FOUND:
                    raise
                seed = self._mac(self._maker.signing(), message, is_new=True)
            self._seed = (seed, time.monotonic() + self._cache_seconds)
        return seed

    def forget(self) -> None:
        super().forget()
        self._seen.clear()
        self._seed = (b"", 0.0)

    def check(self) -> None:
        try:
            self._mac(self._names.signing_alias, self._names.message("check"))
        except Refused as refusal:
            if refusal.code != NOT_FOUND:  # a new vault has none before its first certificate
                raise

    def _read(self, database: str, epoch: int) -> bytes:
        """What is remembered is asked first, then KMS: another process may have opened or destroyed the epoch."""
        for anew in (False, True):
            series = self._look(database, anew=anew)
            if series.ledger.is_destroyed(epoch) or epoch in series.ledger.intents:
                raise EpochDestroyed(f"epoch {epoch} of {database} was destroyed")
            held = series.keys.get(epoch)
            if held is None or held.state != ENABLED:
                continue
            try:
                return self._mac(held.key, self._names.message("wrap", database, epoch))
            except Refused as refusal:
                if refusal.code not in _NOT_USABLE:
                    raise
        raise VaultMismatch(
            f"epoch {epoch} of {database} is missing, disabled or being deleted, without a record of ours"
        )

    def _look(self, database: str, *, anew: bool = False) -> Series:
        held = self._seen.get(database)
        if held is not None and not anew and held[1] > time.monotonic():
            return held[0]
        series = self._reader.read(database)
        self._seen[database] = (series, time.monotonic() + self._cache_seconds)
        return series

    @contextmanager
    def _changing(self, database: str) -> Iterator[Series]:
        """The series as it is now; whatever comes of it, nothing of it is remembered."""
        try:
            yield self._look(database, anew=True)
        finally:
            self._seen.pop(database, None)

    def _read_back(self, database: str, epoch: int) -> None:
        """Returns once the new key is seen by others: alias, state, and the same secret through either name."""
        until = time.monotonic() + PATIENCE_SECONDS
        message = self._names.message("wrap", database, epoch)
        while (held := self._look(database, anew=True).keys.get(epoch)) is None or held.state != ENABLED:
            if time.monotonic() > until:
                raise VaultUnavailable(f"kms: epoch {epoch} of {database} does not show")
            time.sleep(PAUSE_SECONDS)
        names = (held.key, self._names.epoch_alias(database, epoch))
        if len({self._mac(name, message, is_new=True) for name in names}) != 1:
            raise VaultUnavailable(f"kms: epoch {epoch} of {database} reads back differently")

    def _receipt(self, database: str, fingerprint: str, epoch: int, done: Destruction) -> Receipt:
        return {
            "epoch": epoch,
            "database": database,
            "fingerprint": fingerprint,
            "vault": "kms",
            "erasure": self.erasure,
            "method": f"AWS KMS ScheduleKeyDeletion, waiting period {done.waiting.days} days",
            "key": done.key,
            "destroyed_at": done.scheduled_at.isoformat(),
            "deletes_on": (done.deletes_at + AT_THE_LATEST).date().isoformat(),
        }

    def _mac(self, key: str, message: bytes, *, is_new: bool = False) -> bytes:
        call = self._api.patiently if is_new else self._api.call
        mac: bytes = call("generate_mac", KeyId=key, Message=message, MacAlgorithm=MAC)["Mac"]
        return mac
