"""A region's PostgreSQL as the door sees it: two connections as role ingest, one to read and one to write.

While it is known to be down nobody waits for it; it is asked again every second. A server that hangs counts as down.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any, Final, TypeVar

import psycopg

from messaging.accept import binary
from paasoo_portal.core.dsn import conninfo

log = logging.getLogger(__name__)
RETRY_SECONDS: Final = 1.0
HANGS_AFTER: Final = 6.0
_IDLE_SECONDS: Final = 1.0
_OPTIONS: Final[dict[str, Any]] = {
    "connect_timeout": 3,
    "application_name": "paasoo door",
    # A row that somebody else holds delays everybody behind it, so it is not waited for long.
    "options": "-c statement_timeout=5000 -c lock_timeout=1500",
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
Answer = TypeVar("Answer")
Link = psycopg.AsyncConnection[Any]


class Down(Exception):
    """The database cannot be reached; nothing was sent to it."""


class Lost(Exception):
    """The connection ended in the midst of a statement: whether it was committed is not known."""


class Database:
    """Lives in one event loop."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self._links: dict[str, Link] = {}
        self._used_at: dict[str, float] = {}
        self._opening: dict[str, asyncio.Lock] = {"read": asyncio.Lock(), "write": asyncio.Lock()}
        self._down_until = 0.0

    async def read(self, query: str, given: Sequence[Any] = ()) -> list[Any]:
        """Rows of a query, asked once more if its connection has ended. Raises Down, Lost, psycopg.Error."""
        try:
            return await self._run("read", query, given)
        except Lost:
            return await self._run("read", query, given)

    async def write(self, query: str, given: Sequence[Any]) -> list[Any]:
        """Run a statement in a transaction of its own. Raises Down, Lost, psycopg.Error."""
        return await self._run("write", query, given)

    async def close(self) -> None:
        for link in self._links.values():
            await link.close()
        self._links.clear()

    async def _run(self, name: str, query: str, given: Sequence[Any]) -> list[Any]:
        link = await self._link(name)
        try:
            return await _in_time(_fetch(link, query, given), link)
        except psycopg.OperationalError as error:
            if not link.closed:
                raise
            self._forget(name, link, error)
            raise Lost from error
        except TimeoutError as error:
            self._forget(name, link, error)
            self._down_until = time.monotonic() + RETRY_SECONDS
            raise Lost from error
        finally:
            self._used_at[name] = time.monotonic()

    async def _link(self, name: str) -> Link:
        held = self._links.get(name)
        if held is not None and not held.closed and not self._is_stale(name):
            return held
        async with self._opening[name]:
            held = self._links.get(name)
            if (
                held is not None
                and not held.closed
                and (not self._is_stale(name) or await self._answers(held))
            ):
                return held
            self._links[name] = await self._open()
            self._used_at[name] = time.monotonic()
            return self._links[name]

    def _is_stale(self, name: str) -> bool:
        """Whether it has rested for so long that the server may have been restarted meanwhile."""
        return self._used_at.get(name, 0.0) + _IDLE_SECONDS < time.monotonic()

    async def _answers(self, link: Link) -> bool:
        try:
            await _in_time(_fetch(link, "", ()), link)
        except (psycopg.Error, TimeoutError):
            return False
        return True

    async def _open(self) -> Link:
        if time.monotonic() < self._down_until:
            raise Down
        try:
            # connect_timeout does not cover a server that takes the connection and then says nothing.
            async with asyncio.timeout(HANGS_AFTER):
                link = await Link.connect(conninfo(self.alias, "ingest", **_OPTIONS), autocommit=True)
        except (psycopg.OperationalError, TimeoutError) as error:
            self._down_until = time.monotonic() + RETRY_SECONDS
            log.warning("a region is down", extra={"database": self.alias, "error": type(error).__name__})
            raise Down from error
        binary.register(link.adapters)
        return link

    def _forget(self, name: str, link: Link, error: Exception) -> None:
        if self._links.get(name) is link:
            del self._links[name]
            log.warning(
                "a connection was lost", extra={"database": self.alias, "error": type(error).__name__}
            )


async def _fetch(link: Link, query: str, given: Sequence[Any]) -> list[Any]:
    cursor = await link.execute(query, given or None, prepare=bool(given))
    return await cursor.fetchall() if cursor.description else []


async def _in_time(work: Any, link: Link) -> Any:
    """The result of the work. Raises TimeoutError, and hangs up, when the server does not answer."""
    task = asyncio.ensure_future(work)
    done, _ = await asyncio.wait({task}, timeout=HANGS_AFTER)
    if done:
        return task.result()
    link.pgconn.finish()
    task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    raise TimeoutError
