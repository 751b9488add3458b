"""What must be known of a series when its KMS keys are long gone, as tags of its anchor key.

KMS forgets a deleted key and its alias, and has no compare-and-set. So every entry is a tag of its own whose
*name* bears the epoch: writers never overwrite one another, and a mark is the highest name there is. A key that
is missing without an entry was not destroyed by us.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from privacy.keys.vault.errors import VaultUnavailable

IN_USE: Final = "paasoo:in-use:"
INTENDED: Final = "paasoo:destroying:"
DESTROYED: Final = "paasoo:destroyed:"
# Everything up to this epoch was destroyed; the receipts in full stand in the database and its certificates.
THROUGH: Final = "paasoo:destroyed-through:"
# A key bears 50 tags at most. More full receipts than KMS's longest waiting period has days.
FULL_RECEIPTS: Final = 35

Tags = dict[str, str]


@dataclass(frozen=True)
class Intent:
    """Written before the deletion is scheduled, so that whoever comes after a crash finishes it alike."""

    key: str
    days: int
    intended_at: datetime

    def tag(self, epoch: int) -> Tags:
        return {f"{INTENDED}{epoch}": f"{self.key} {self.days} {_text(self.intended_at)}"}


@dataclass(frozen=True)
class Destruction:
    """The receipt: from `scheduled_at` on KMS refuses the key's use, at `deletes_at` the key goes."""

    key: str
    scheduled_at: datetime
    deletes_at: datetime

    @property
    def waiting(self) -> timedelta:
        return self.deletes_at - self.scheduled_at

    def tag(self, epoch: int) -> Tags:
        return {f"{DESTROYED}{epoch}": f"{self.key} {_text(self.scheduled_at)} {_text(self.deletes_at)}"}


@dataclass(frozen=True)
class Ledger:
    """The entries of one series, as read."""

    in_use: int = 0
    through: int = 0
    intents: Mapping[int, Intent] = field(default_factory=dict)
    destructions: Mapping[int, Destruction] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def last(self) -> int:
        return max(self.in_use, self.through, *self.intents, *self.destructions, 0)

    def with_tags(self, tags: Tags) -> Ledger:
        return read({**self.tags, **tags})

    def is_destroyed(self, epoch: int) -> bool:
        return epoch in self.destructions or 0 < epoch <= self.through


def read(tags: Mapping[str, str]) -> Ledger:
    """The ledger in an anchor's tags. Raises VaultUnavailable when an entry is damaged."""
    try:
        return Ledger(
            in_use=max(_numbered(tags, IN_USE), default=0),
            through=max(_numbered(tags, THROUGH), default=0),
            intents={epoch: _intent(value) for epoch, value in _numbered(tags, INTENDED).items()},
            destructions={epoch: _destruction(value) for epoch, value in _numbered(tags, DESTROYED).items()},
            tags=dict(tags),
        )
    except ValueError:
        raise VaultUnavailable("kms: the tags that are the ledger are damaged") from None


def fold(ledger: Ledger) -> Tags:
    """The mark under which the oldest receipts fit, when there are too many: it rises over an unbroken row of
    receipts alone, so an epoch without one is never under it.
    """
    through, surplus = ledger.through, len(ledger.destructions) - FULL_RECEIPTS
    while surplus > 0 and through + 1 in ledger.destructions:
        through, surplus = through + 1, surplus - 1
    return {f"{THROUGH}{through}": ""} if through > ledger.through else {}


def outdated(ledger: Ledger) -> list[str]:
    """The names of tags that others in the ledger say better."""
    is_outdated: dict[str, Callable[[int], bool]] = {
        IN_USE: lambda epoch: epoch < ledger.in_use,
        THROUGH: lambda epoch: epoch < ledger.through,
        DESTROYED: lambda epoch: epoch <= ledger.through,
        INTENDED: ledger.is_destroyed,
    }
    return [
        f"{prefix}{epoch}"
        for prefix, tells in is_outdated.items()
        for epoch in sorted(_numbered(ledger.tags, prefix))
        if tells(epoch)
    ]


def _numbered(tags: Mapping[str, str], prefix: str) -> dict[int, str]:
    return {int(name.removeprefix(prefix)): value for name, value in tags.items() if name.startswith(prefix)}


def _intent(value: str) -> Intent:
    key, days, intended_at = value.split(" ")
    return Intent(key, int(days), datetime.fromisoformat(intended_at))


def _destruction(value: str) -> Destruction:
    key, scheduled_at, deletes_at = value.split(" ")
    return Destruction(key, datetime.fromisoformat(scheduled_at), datetime.fromisoformat(deletes_at))


def _text(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
