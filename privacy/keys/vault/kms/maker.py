"""Making keys. An alias is what makes a key count, and KMS gives each alias once: of two makers one wins.

A key whose maker died before the alias is never found by it; the next creation looks for such leftovers and
destroys those that a living key of the same name, or a receipt, has replaced. Nothing was ever wrapped under them.
"""

from __future__ import annotations

from typing import Final

from privacy.keys.vault.errors import EpochExists
from privacy.keys.vault.kms import names
from privacy.keys.vault.kms.api import Api, Refused
from privacy.keys.vault.kms.ledger import DESTROYED, IN_USE, THROUGH
from privacy.keys.vault.kms.names import Names
from privacy.keys.vault.kms.series import NOT_FOUND, Reader, Series

_LEAST_WAITING_DAYS: Final = 7
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
        """Destroy keys of this series that no alias leads to and that another key stands in for."""
        aliased = {
            entry.get("TargetKeyId") for entry in self._api.pages("list_aliases", "Aliases", Limit=100)
        }
        own = {held.key for held in series.keys.values()} | {
            done.key for done in series.ledger.destructions.values()
        }
        replaced = {
            self._names.epoch_description(database, epoch, anchor)
            for epoch in {*series.keys, *series.ledger.destructions}
        }
        for entry in self._api.pages("list_keys", "Keys", Limit=1000):
            if entry["KeyId"] not in aliased and entry["KeyArn"] not in own:
                self._discard_if_left_over(entry["KeyId"], database, replaced)

    def _discard_if_left_over(self, key: str, database: str, replaced: set[str]) -> None:
        try:
            metadata = self._reader.describe(key)
        except Refused:
            return  # another application's key, which we may not even look at
        if metadata is None or metadata["KeyState"] != "Enabled":
            return
        description = metadata.get("Description")
        if description in replaced or (
            description == self._names.anchor_description(database) and not self._has_ledger(key)
        ):
            self._discard(key)

    def _has_ledger(self, key: str) -> bool:
        tags = self._api.pages("list_resource_tags", "Tags", KeyId=key)
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
            if refusal.code != "AlreadyExistsException":
                raise
            holder: str = self._api.patiently("describe_key", KeyId=alias)["KeyMetadata"]["KeyId"]
            if holder != made:
                self._discard(made)
            return holder, holder == made
        return made, True

    def _discard(self, key: str) -> None:
        """The loser's key, or a leftover: another maker's clean-up may have been faster."""
        try:
            self._api.call("schedule_key_deletion", KeyId=key, PendingWindowInDays=_LEAST_WAITING_DAYS)
        except Refused as refusal:
            if refusal.code not in {NOT_FOUND, "KMSInvalidStateException"}:
                raise
