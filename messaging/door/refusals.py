"""Refusals on their way to the database, beside the accepts. Keeps P-SEC-1 (no number, text or secret is in a row)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from messaging.door.database import Database
from messaging.door.heap import Heap
from paasoo_portal.core.ids import uuid7

MOST: Final = 2000
EVERY_SECONDS: Final = 1.0
_INSERT: Final = """
INSERT INTO messaging_refusedrequest (account_id, id, surface, code, field, key_id, network)
SELECT account_id, id, 'classic', code, field, key_id, network
FROM unnest(%b::uuid[], %b::uuid[], %b::text[], %b::text[], %b::uuid[], %b::text[])
  AS given(account_id, id, code, field, key_id, network)
"""
_TYPES: Final = ("uuid", "uuid", "text", "text", "uuid", "text")


class Refusals:
    """One region's refusals in this process."""

    def __init__(self, database: Database) -> None:
        self._heap = Heap(
            database, "refusals", insert=_INSERT, types=_TYPES, most=MOST, seconds=EVERY_SECONDS
        )
        self.close = self._heap.close

    def add(self, account_id: UUID, key_id: UUID, *, code: str, field: str, network: str) -> None:
        self._heap.add((account_id, uuid7(), code, field, key_id, network))
