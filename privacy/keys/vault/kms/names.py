"""What things are called in KMS: aliases to find keys by, descriptions and tags that say what a key is, and the
messages whose MAC is a secret.

A description names the series' anchor key as well, so that no key is ever taken for one of another series.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from privacy.keys.vault.base import series_name

ANCHOR, EPOCH, SIGNING = "anchor", "epoch", "signing"
_EPOCH: Final = re.compile(r"epoch-([1-9][0-9]*)")
_DOMAIN: Final = b"paasoo/vault/kms/1"


@dataclass(frozen=True)
class Names:
    """The names of one vault."""

    vault: str

    @property
    def signing_alias(self) -> str:
        return f"alias/paasoo/{self.vault}/signing"

    def prefix(self, database: str) -> str:
        return f"alias/paasoo/{self.vault}/{series_name(database)}/"

    def anchor_alias(self, database: str) -> str:
        return f"{self.prefix(database)}anchor"

    def epoch_alias(self, database: str, epoch: int) -> str:
        return f"{self.prefix(database)}epoch-{epoch}"

    def signing_description(self) -> str:
        return f"PaaSoo vault {self.vault}: signs certificates. Never delete."

    def anchor_description(self, database: str) -> str:
        return f"PaaSoo vault {self.vault}: anchor of {database}. Never delete; its tags are the ledger."

    def epoch_description(self, database: str, epoch: int, anchor: str) -> str:
        return f"PaaSoo vault {self.vault}: epoch {epoch} of {database}, series {anchor}."

    def tags(self, kind: str, database: str = "", epoch: int = 0) -> list[dict[str, str]]:
        """What a key is, for people, cost reports and IAM policies."""
        about = {"vault": self.vault, "key": kind, "database": database, "epoch": str(epoch or "")}
        return [{"TagKey": f"paasoo:{name}", "TagValue": value} for name, value in about.items() if value]

    def message(self, purpose: str, database: str = "", epoch: int = 0) -> bytes:
        """What is handed to GenerateMac. NUL stands in no name, so no two of them read alike."""
        return b"\0".join(
            (_DOMAIN, purpose.encode(), self.vault.encode(), database.encode(), str(epoch).encode())
        )


def epoch_of(tail: str) -> int | None:
    """The epoch that the last part of an alias names."""
    match = _EPOCH.fullmatch(tail)
    return int(match[1]) if match else None
