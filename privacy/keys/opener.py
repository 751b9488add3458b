"""Opening many sealed values with one key query: pages, exports and dispatch batches."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from privacy.keys import datakeys
from privacy.keys.datakey import DataKey


class Opener:
    """For one page or batch: keys are asked for once and not kept beyond the cache's time to live.

    Without an account it serves a system job over many accounts. `until_taken` is for delivery alone: it opens
    what was accepted just before the midnight at which it is due, until the night's run has taken its key.
    """

    def __init__(self, alias: str, account_id: UUID | None = None, *, until_taken: bool = False) -> None:
        self.alias, self.account_id, self.until_taken = alias, account_id, until_taken
        self._keys: dict[UUID, DataKey] = {}
        self._problems: dict[UUID, Exception] = {}

    def prefetch(self, key_ids: Iterable[UUID]) -> None:
        """Fetch all of a batch's keys by one query; keys that do not live show when opened."""
        wanted = [key_id for key_id in key_ids if key_id not in self._keys and key_id not in self._problems]
        if wanted:
            keys, problems = datakeys.look_up(
                self.alias, self.account_id, wanted, until_taken=self.until_taken
            )
            self._keys |= keys
            self._problems |= problems

    def key(self, key_id: UUID) -> DataKey:
        """The living key. Raises Erased, UnknownKey."""
        if key_id not in self._keys:
            self.prefetch([key_id])
        if key_id in self._problems:
            raise self._problems[key_id]
        return self._keys[key_id]

    def open(self, key_id: UUID, sealed: bytes, *, table: str, column: str, row: UUID) -> bytes:
        """Raises Erased, SealRefused, UnknownKey."""
        return self.key(key_id).open(sealed, table=table, column=column, row=row)


def opener(alias: str, account_id: UUID | None = None, *, until_taken: bool = False) -> Opener:
    return Opener(alias, account_id, until_taken=until_taken)
