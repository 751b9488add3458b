"""One database's series as KMS has it now: anchor, ledger, and each epoch's key with its state."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from privacy.keys.vault.errors import VaultMismatch
from privacy.keys.vault.kms import ledger
from privacy.keys.vault.kms.api import Api, Refused
from privacy.keys.vault.kms.ledger import Ledger, Tags
from privacy.keys.vault.kms.names import Names, epoch_of

ENABLED, PENDING = "Enabled", "PendingDeletion"
MAC: Final = "HMAC_SHA_256"
NOT_FOUND: Final = "NotFoundException"
NOT_IN_THIS_STATE: Final = "KMSInvalidStateException"


@dataclass(frozen=True)
class EpochKey:
    """A key that the alias of its epoch leads to. `key` is its ARN."""

    key: str
    state: str
    deletes_at: datetime | None


@dataclass(frozen=True)
class Series:
    """`anchor` is the id of the anchor key, "" when KMS knows none."""

    anchor: str = ""
    fingerprint: str = ""
    ledger: Ledger = field(default_factory=Ledger)
    keys: dict[int, EpochKey] = field(default_factory=dict)
    # Destroyed by us, and yet not on their way out: somebody has cancelled the deletion.
    revived: frozenset[int] = frozenset()

    @property
    def head(self) -> int:
        return max(self.ledger.last, *self.keys, 0)

    @property
    def living(self) -> list[int]:
        """Epochs whose key may be used, or has come back from its destruction."""
        usable = {
            epoch
            for epoch, held in self.keys.items()
            if held.state == ENABLED and not self.ledger.is_destroyed(epoch)
        }
        return sorted(usable | self.revived)


class Reader:
    """Reads series. Remembers which destroyed keys are gone for good, and asks for them no more."""

    def __init__(self, api: Api, names: Names) -> None:
        self._api, self._names = api, names
        self._gone: set[str] = set()

    def read(self, database: str) -> Series:
        """Raises VaultMismatch when an alias leads to another's key, VaultUnavailable."""
        aliases = self._aliases(self._names.prefix(database))
        anchor = aliases.pop("anchor", "")
        if not anchor:
            # Epochs without their anchor are counted, so that nobody begins a second series over them.
            orphans = {epoch: EpochKey(key, "?", None) for epoch, key in _epochs(aliases).items()}
            return Series(keys=orphans)
        tags = self._api.pages("list_resource_tags", "Tags", KeyId=anchor)
        entries = ledger.read({tag["TagKey"]: tag["TagValue"] for tag in tags})
        mac = self._names.message("fingerprint", database)
        fingerprint = self._api.call("generate_mac", KeyId=anchor, Message=mac, MacAlgorithm=MAC)["Mac"].hex()
        keys = {
            epoch: self._epoch_key(self._names.epoch_description(database, epoch, anchor), key)
            for epoch, key in _epochs(aliases).items()
        }
        found = {epoch: key for epoch, key in keys.items() if key is not None}
        return Series(anchor, fingerprint, entries, found, self._revived(entries, found))

    def describe(self, key: str) -> dict[str, Any] | None:
        """KMS's own words about a key; None when there is none, which says nothing about why."""
        try:
            metadata: dict[str, Any] = self._api.call("describe_key", KeyId=key)["KeyMetadata"]
        except Refused as refusal:
            if refusal.code == NOT_FOUND:
                return None
            raise
        return metadata

    def _aliases(self, prefix: str) -> dict[str, str]:
        """Key ids by the last part of their alias."""
        return {
            entry["AliasName"].removeprefix(prefix): entry["TargetKeyId"]
            for entry in self._api.pages("list_aliases", "Aliases", Limit=100)
            if entry["AliasName"].startswith(prefix) and "TargetKeyId" in entry
        }

    def _epoch_key(self, description: str, key: str) -> EpochKey | None:
        metadata = self.describe(key)
        if metadata is None:
            return None
        if metadata.get("Description") != description:
            raise VaultMismatch(f"kms: the alias of a key leads to another one than: {description}")
        return EpochKey(metadata["Arn"], metadata["KeyState"], metadata.get("DeletionDate"))

    def _revived(self, entries: Ledger, keys: dict[int, EpochKey]) -> frozenset[int]:
        """Also one whose alias was taken away meanwhile: the receipt knows its key."""
        found = {
            epoch for epoch, held in keys.items() if entries.is_destroyed(epoch) and held.state != PENDING
        }
        for epoch, receipt in entries.destructions.items():
            if epoch in keys or receipt.key in self._gone:
                continue
            metadata = self.describe(receipt.key)
            if metadata is None:
                self._gone.add(receipt.key)
            elif metadata["KeyState"] != PENDING:
                found.add(epoch)
        return frozenset(found)


def note(api: Api, series: Series, tags: Tags) -> Series:
    """Enter tags into the ledger, then take out what they outdate: a crash in between leaves too much, never too
    little.
    """
    entries = series.ledger.with_tags(tags)
    pairs = [{"TagKey": name, "TagValue": value} for name, value in tags.items()]
    api.call("tag_resource", KeyId=series.anchor, Tags=pairs)
    if old := ledger.outdated(entries):
        api.call("untag_resource", KeyId=series.anchor, TagKeys=old)
    return replace(series, ledger=entries)


def _epochs(aliases: dict[str, str]) -> dict[int, str]:
    return {epoch: key for tail, key in aliases.items() if (epoch := epoch_of(tail)) is not None}
