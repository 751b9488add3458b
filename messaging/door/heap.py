"""Small rows on their way to the database beside the accepts: bounded, and written together every so often.

Nobody waits for them. When the heap is full the rest is dropped and counted: a flood must not cost those who are
accepted.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import psycopg

from messaging.accept import binary
from messaging.door.database import Database, Down, Lost

log = logging.getLogger(__name__)


class Heap:
    """One table's rows in this process, for one region. Lives in one event loop.

    `insert` takes an array a column, of the PostgreSQL types in `types`.
    """

    def __init__(
        self, database: Database, what: str, *, insert: str, types: tuple[str, ...], most: int, seconds: float
    ) -> None:
        self._database, self._what = database, what
        self._insert, self._types, self._most, self._seconds = insert, types, most, seconds
        self._rows: list[tuple[Any, ...]] = []
        self._dropped = 0
        self._writer: asyncio.Task[None] | None = None

    def add(self, row: tuple[Any, ...]) -> None:
        if len(self._rows) >= self._most:
            self._dropped += 1
            return
        self._rows.append(row)
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
            while self._rows:
                await asyncio.sleep(self._seconds)
                await self._write()
        finally:
            self._writer = None

    async def _write(self) -> None:
        """What cannot be written is dropped: it is a help to the customer, not a record that must be whole."""
        rows, self._rows = self._rows, []
        dropped, self._dropped = self._dropped, 0
        if rows:
            arrays = [
                binary.array(kind, column)
                for kind, column in zip(self._types, zip(*rows, strict=True), strict=True)
            ]
            try:
                await self._database.write(self._insert, arrays)
            except (Down, Lost, psycopg.Error):
                dropped += len(rows)
        if dropped:
            log.warning(
                "%s were dropped", self._what, extra={"database": self._database.alias, "dropped": dropped}
            )
