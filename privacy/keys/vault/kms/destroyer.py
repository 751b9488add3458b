"""Destroying an epoch's key: intent, ScheduleKeyDeletion, receipt. Each step may be the last before a crash, and
whoever repeats the whole finishes it with the same receipt: its times follow from the day that KMS names.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from paasoo_portal.core import clock
from privacy.keys.vault.errors import VaultMismatch, VaultUnavailable
from privacy.keys.vault.kms import ledger
from privacy.keys.vault.kms.api import Api, Refused
from privacy.keys.vault.kms.ledger import Destruction, Intent
from privacy.keys.vault.kms.series import NOT_FOUND, NOT_IN_THIS_STATE, PENDING, Reader, Series, note


class Destroyer:
    def __init__(self, api: Api, reader: Reader, waiting_days: int) -> None:
        self._api, self._reader, self._waiting_days = api, reader, waiting_days

    def destroy(self, database: str, epoch: int, series: Series) -> Destruction:
        """Raises VaultMismatch for a key that we neither have nor destroyed, or that somebody has brought back."""
        if epoch in series.revived:
            raise VaultMismatch(f"kms: the deletion of epoch {epoch} of {database} was cancelled")
        done = series.ledger.destructions.get(epoch)
        if done is not None:
            return done
        if series.ledger.is_destroyed(epoch):
            raise VaultMismatch(
                f"kms: epoch {epoch} of {database} went long ago, its receipt stands in the database: an old copy?"
            )
        intent = series.ledger.intents.get(epoch)
        if intent is None:
            intent = self._intend(database, epoch, series)
            series = note(self._api, series, intent.tag(epoch))
        done = self._schedule(intent)
        series = note(self._api, series, done.tag(epoch))
        if mark := ledger.fold(series.ledger):
            note(self._api, series, mark)
        return done

    def _intend(self, database: str, epoch: int, series: Series) -> Intent:
        held = series.keys.get(epoch)
        if held is None:
            raise VaultMismatch(f"kms: epoch {epoch} of {database} is not in this vault")
        if held.state == PENDING:
            raise VaultMismatch(
                f"kms: somebody else has scheduled the deletion of epoch {epoch} of {database}"
            )
        return Intent(held.key, self._waiting_days, clock.now())

    def _schedule(self, intent: Intent) -> Destruction:
        deletes_at = self._deletes_at(intent)
        if deletes_at is None:  # the crash is so long ago that the key has gone meanwhile
            now = clock.now().replace(microsecond=0)
            return Destruction(intent.key, now, now)
        deletes_at = deletes_at.replace(microsecond=0)
        return Destruction(intent.key, deletes_at - timedelta(days=intent.days), deletes_at)

    def _deletes_at(self, intent: Intent) -> datetime | None:
        """When KMS will delete the key, scheduled now or before; None when it has done so."""
        deletes_at: datetime
        try:
            deletes_at = self._api.call(
                "schedule_key_deletion", KeyId=intent.key, PendingWindowInDays=intent.days
            )["DeletionDate"]
            return deletes_at
        except Refused as refusal:
            if refusal.code not in {NOT_FOUND, NOT_IN_THIS_STATE}:
                raise
        metadata = self._reader.describe(intent.key)
        if metadata is None:
            return None
        if metadata["KeyState"] != PENDING:
            raise VaultUnavailable("kms: a deletion is neither accepted nor under way")
        deletes_at = metadata["DeletionDate"]
        return deletes_at
