"""Making keys. An alias is what makes a key count, and KMS gives each alias once: of two makers one wins.

A key whose maker died before the alias is never found by it; a later creation looks for such leftovers and destroys
them, an hour after they were made: no maker can still be about to give them the alias, and every list shows it if one
has. Nothing was ever wrapped under them. A key that has lost its alias is no leftover: its epoch is known, and no
other key stands in for it.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, Final

from paasoo_portal.core import clock
from privacy.keys.vault.errors import EpochExists, VaultUnavailable
from privacy.keys.vault.kms import names
from privacy.keys.vault.kms.api import Api, Refused
from privacy.keys.vault.kms.ledger import DESTROYED, IN_USE, THROUGH
from privacy.keys.vault.kms.names import Names
from privacy.keys.vault.kms.series import ENABLED, NOT_IN_THIS_STATE, Reader, Series

log = logging.getLogger(__name__)

_LEAST_WAITING_DAYS: Final = 7
_ABANDONED_AFTER: Final = timedelta(hours=1)
_LEDGER: Final = (DESTROYED, IN_USE, THROUGH)


class Maker:
    def __init__(self, api: Api, own_names: Names, reader: Reader) -> None:
        self._api, self._names, self._reader = api, own_names, reader

    def epoch(self, database: str, epoch: int, anchor: str) -> None:
        """Raises EpochExists when another maker was faster."""
        _, is_ours = self._make(
            self._names.epoch_alias(database, epoch),
            self._names.epoch_description(database, epoch, anchor),
            self._names.tags(names.EPOCH, database, epoch),
        )
        if not is_ours:
            raise EpochExists(f"epoch {epoch} of {database} exists")

    def anchor(self, database: str) -> str:
        """The id of the series' anchor, whoever has made it."""
        key, _ = self._make(
            self._names.anchor_alias(database),
            self._names.anchor_description(database),
            self._names.tags(names.ANCHOR, database),
        )
        return key

    def signing(self) -> str:
        """The id of the key whose MAC is the seed of the signing key, whoever has made it."""
        key, _ = self._make(
            self._names.signing_alias, self._names.signing_description(), self._names.tags(names.SIGNING)
        )
        return key

    def discard_leftovers(self, database: str, anchor: str, series: Series) -> None:
        """Destroy keys of this series that were made and never came to count."""
        aliased = {
            entry.get("TargetKeyId") for entry in self._api.pages("list_aliases", "Aliases", Limit=100)
        }
        known = {held.key for held in series.keys.values()} | {
            done.key for done in series.ledger.destructions.values()
        }
        replaced = {
            self._names.epoch_description(database, epoch, anchor)
            for epoch in {*series.keys, *series.ledger.destructions}
        }
        coming = self._names.epoch_description(database, series.head + 1, anchor)
        for entry in self._api.pages("list_keys", "Keys", Limit=1000):
            if entry["KeyId"] in aliased or entry["KeyId"] == anchor or entry["KeyArn"] in known:
                continue
            about = self._abandoned(entry["KeyId"])
            description = about.get("Description")
            if description in {coming, *replaced} or (
                description == self._names.anchor_description(database) and not self._has_ledger(about)
            ):
                self._discard(entry["KeyId"])

    def _abandoned(self, key: str) -> dict[str, Any]:
        """What KMS says of an enabled key that is old enough; nothing of another application's key that we may not
        even look at.
        """
        try:
            about = self._reader.describe(key)
        except Refused:
            return {}
        if about is None or about["KeyState"] != ENABLED:
            return {}
        return about if about["CreationDate"] < clock.now() - _ABANDONED_AFTER else {}

    def _has_ledger(self, about: dict[str, Any]) -> bool:
        tags = self._api.pages("list_resource_tags", "Tags", KeyId=about["KeyId"])
        return any(tag["TagKey"].startswith(_LEDGER) for tag in tags)

    def _make(self, alias: str, description: str, tags: list[dict[str, str]]) -> tuple[str, bool]:
        """The id of the key that the alias leads to, and whether it is the one made here."""
        made: str = self._api.call(
            "create_key",
            KeySpec="HMAC_256",
            KeyUsage="GENERATE_VERIFY_MAC",
            Description=description,
            Tags=tags,
        )["KeyMetadata"]["KeyId"]
        try:
            self._api.patiently("create_alias", AliasName=alias, TargetKeyId=made)
        except Refused as refusal:
            # Somebody's clean-up may have been faster than us, when somebody else's key got the alias.
            if refusal.code not in {"AlreadyExistsException", NOT_IN_THIS_STATE}:
                raise
            holder: str = self._api.patiently("describe_key", KeyId=alias)["KeyMetadata"]["KeyId"]
            if holder != made:  # else the alias was given and the answer lost
                self._discard(made)
            return holder, holder == made
        return made, True

    def _discard(self, key: str) -> None:
        """The loser's key, or a leftover. It holds nothing, so nothing stops when KMS will not let it go."""
        try:
            self._api.call("schedule_key_deletion", KeyId=key, PendingWindowInDays=_LEAST_WAITING_DAYS)
        except VaultUnavailable as error:
            log.warning("a key made in vain stays", extra={"key": key, "because": error.log})
