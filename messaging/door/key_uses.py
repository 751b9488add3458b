"""That a key was used, from where and with which secret: at most once a minute and process, beside the accepts."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

from messaging.door.database import Database
from messaging.door.heap import Heap
from messaging.key_use.record import AGAIN_SECONDS
from paasoo_portal.core.ids import uuid7

_MOST: Final = 2000
EVERY_SECONDS: Final = 5.0
_MOST_KNOWN: Final = 20_000
_INSERT: Final = """
INSERT INTO messaging_keyuse (account_id, id, key_id, former, network)
SELECT account_id, id, key_id, former <> 0, network
FROM unnest(%b::uuid[], %b::uuid[], %b::uuid[], %b::smallint[], %b::text[])
  AS given(account_id, id, key_id, former, network)
"""
_TYPES: Final = ("uuid", "uuid", "uuid", "smallint", "text")


class KeyUses:
    """One region's uses in this process."""

    def __init__(self, database: Database) -> None:
        self._heap = Heap(
            database, "key uses", insert=_INSERT, types=_TYPES, most=_MOST, seconds=EVERY_SECONDS
        )
        self._told: dict[tuple[UUID, bool], float] = {}
        self.close = self._heap.close

    def add(self, account_id: UUID, key_id: UUID, *, former: bool, network: Callable[[], str]) -> None:
        """Note a use, unless one was noted within the last minute. On the hot path: it must cost nothing."""
        now = time.monotonic()
        if self._told.get((key_id, former), 0.0) > now:
            return
        if len(self._told) >= _MOST_KNOWN:
            self._told.clear()
        self._told[(key_id, former)] = now + AGAIN_SECONDS
        self._heap.add((account_id, uuid7(), key_id, int(former), network()))
