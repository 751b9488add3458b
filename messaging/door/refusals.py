"""Refusals on their way to the database: a bounded heap, written at most every second, beside the accepts.

Nobody waits for it. When the heap is full the rest is dropped and counted: a flood of refusals must not cost those
who are accepted. Keeps P-SEC-1 (no number, text or secret is in a row).
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final, NamedTuple
from uuid import UUID

import psycopg

from messaging.accept import binary
from messaging.door.database import Database, Down, Lost
from paasoo_portal.core.ids import uuid7

log = logging.getLogger(__name__)
MOST: Final = 2000
EVERY_SECONDS: Final = 1.0
_INSERT: Final = """
INSERT INTO messaging_refusedrequest (account_id, id, surface, code, field, key_id, network)
SELECT account_id, id, 'classic', code, field, key_id, network
FROM unnest(%b::uuid[], %b::uuid[], %b::text[], %b::text[], %b::uuid[], %b::text[])
  AS given(account_id, id, code, field, key_id, network)
"""
_TYPES: Final = ("uuid", "uuid", "text", "text", "uuid", "text")


class Refusal(NamedTuple):
    """One refused request, as its row says it."""

    account_id: UUID
    id: UUID
    code: str
    field: str
    key_id: UUID
    network: str


class Refusals:
    """One region's heap in this process. Lives in one event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._heap: list[Refusal] = []
        self._dropped = 0
        self._writer: asyncio.Task[None] | None = None

    def add(self, account_id: UUID, key_id: UUID, *, code: str, field: str, network: str) -> None:
        if len(self._heap) >= MOST:
            self._dropped += 1
            return
        self._heap.append(Refusal(account_id, uuid7(), code, field, key_id, network))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write_soon())

    async def close(self) -> None:
        """Write what is left at once."""
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        await self._write()

    async def _write_soon(self) -> None:
        try:
            while self._heap:
                await asyncio.sleep(EVERY_SECONDS)
                await self._write()
        finally:
            self._writer = None

    async def _write(self) -> None:
        """What cannot be written is dropped: it is a help to the customer, not a record that must be whole."""
        heap, self._heap = self._heap, []
        dropped, self._dropped = self._dropped, 0
        if heap:
            arrays = [
                binary.array(kind, column)
                for kind, column in zip(_TYPES, zip(*heap, strict=True), strict=True)
            ]
            try:
                await self._database.write(_INSERT, arrays)
            except (Down, Lost, psycopg.Error):
                dropped += len(heap)
        if dropped:
            log.warning("refusals were dropped", extra={"database": self._database.alias, "dropped": dropped})
