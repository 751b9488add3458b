"""Commit groups: whatever queued up while the last group was being committed becomes the next one.

Nobody waits for a timer, and nobody is answered before the commit. A group is one statement: the debit of every
account in it and the messages of those that could pay. What cannot be stored takes no other with it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final
from uuid import UUID

import psycopg

from messaging.accept import binary, rows
from messaging.accept.codes import SubmitCode
from messaging.accept.limits import Claim
from messaging.door.database import Database, Down, Lost
from messaging.door.valkey import Valkey
from paasoo_portal.core.faults import fault

log = logging.getLogger(__name__)
MAX_GROUP: Final = 1000
MAX_WAITING: Final = 5000
_PULLS: Final = 3
# So often, and at such intervals, a database that went away in the midst of a commit is asked what became of it.
_ASKED_AGAIN: Final = 5
_ASK_SECONDS: Final = 1.0
_CLOSE_SECONDS: Final = 8.0
# Fetches what an account lacks from its balance; False when the balance does not hold it.
Pull = Callable[[UUID, Decimal], Awaitable[bool]]


@dataclass(slots=True, eq=False)
class Item:
    """One request's messages, of one account, on their way into a group."""

    rows: list[rows.Row]
    claim: Claim
    done: asyncio.Future[SubmitCode] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    @property
    def account_id(self) -> UUID:
        return self.rows[0].account_id

    @property
    def cost(self) -> Decimal:
        return sum((row.price * row.segments for row in self.rows), Decimal(0))

    def answer(self, code: SubmitCode) -> None:
        if not self.done.done():
            self.done.set_result(code)


class Groups:
    """One region's queue in this process, and the task that empties it. Lives in one event loop."""

    def __init__(self, database: Database, valkey: Valkey, pull: Pull) -> None:
        self._database, self._valkey, self._pull = database, valkey, pull
        self._queue: list[Item] = []
        self._waiting = 0
        self._flusher: asyncio.Task[None] | None = None
        self._short: dict[UUID, list[Item]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, item: Item) -> SubmitCode:
        """Have the messages stored with the next group, and say what became of them."""
        if self._waiting >= MAX_WAITING:
            return SubmitCode.SYSTEM_ERROR
        self._queue.append(item)
        self._waiting += len(item.rows)
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._flush())
        try:
            return await item.done
        finally:
            self._waiting -= len(item.rows)

    async def close(self) -> None:
        """Let what waits be stored."""
        working = [*self._tasks, *([self._flusher] if self._flusher else [])]
        if working:
            await asyncio.wait(working, timeout=_CLOSE_SECONDS)

    async def _flush(self) -> None:
        """Commit group after group until nobody waits."""
        try:
            while self._queue:
                group = self._take()
                try:
                    await self._commit(group)
                except Exception as error:
                    log.error("a commit group failed", extra=self._named(error))
                    self._refuse(group)
        finally:
            self._flusher = None

    def _take(self) -> list[Item]:
        size = count = 0
        for item in self._queue:
            if count and size + len(item.rows) > MAX_GROUP:
                break
            size, count = size + len(item.rows), count + 1
        group, self._queue = self._queue[:count], self._queue[count:]
        return group

    async def _commit(self, group: list[Item]) -> None:
        verdicts = await self._valkey.check([item.claim for item in group])
        passed = []
        for item, verdict in zip(group, verdicts, strict=True):
            if verdict is SubmitCode.SUCCESS:
                passed.append(item)
            else:
                item.answer(verdict)
        if passed:
            await self._settle(passed)

    async def _settle(self, items: list[Item], *, again: int = 0) -> None:
        """Store the items; each gets its answer, whatever happens.

        `again`: a connection was lost while they were being stored. Their ids tell whether that was committed, as soon
        as the database is back: until then no answer would be true.
        """
        try:
            unpaid = await self._store(items)
        except (Down, Lost) as error:
            if again:
                self._start(self._ask_later(items, again))
            elif isinstance(error, Down):
                self._refuse(items)
            else:
                for part in _by_account(items):
                    await self._settle(part, again=1)
        except psycopg.errors.UniqueViolation as error:
            if again:
                self._accepted(items)
            else:
                await self._apart(items, error)
        except psycopg.OperationalError as error:
            if again:  # perhaps the lock of what is being committed still
                self._start(self._ask_later(items, again))
            else:
                await self._apart(items, error)
        except psycopg.Error as error:
            await self._apart(items, error, again=again)
        else:
            short = set(unpaid)
            self._accepted([item for item in items if item not in short])
            self._fetch_for(unpaid)

    async def _ask_later(self, items: list[Item], again: int) -> None:
        """Beside the groups, for nobody else waits for it."""
        if again > _ASKED_AGAIN:
            log.error("whether messages were stored is not known", extra={"database": self._database.alias})
            self._refuse(items)
            return
        await asyncio.sleep(_ASK_SECONDS)
        try:
            await self._settle(items, again=again + 1)
        except Exception as error:
            log.error("a lost commit was not settled", extra=self._named(error))
            self._refuse([item for item in items if not item.done.done()])

    async def _store(self, items: list[Item]) -> list[Item]:
        """One statement, one commit. The items whose account could not pay for all that the group has of it."""
        accounts, columns = rows.parameters([row for item in items for row in item.rows])
        arrays = [
            binary.array(kind, column) for kind, column in zip(rows.PARAMETER_TYPES, columns, strict=True)
        ]
        fault("door.before_commit")
        answer = await self._database.write(rows.ACCEPT_SQL, arrays)
        fault("door.after_commit")
        unpaid = {account for account, paid in zip(accounts, answer[0][0], strict=True) if not paid}
        return [item for item in items if item.account_id in unpaid] if unpaid else []

    async def _apart(self, items: list[Item], error: psycopg.Error, *, again: int = 0) -> None:
        """Account by account, then item by item, until it is known what cannot be stored."""
        accounts = _by_account(items)
        if len(accounts) > 1:
            parts = accounts
        elif len(items) > 1 and not isinstance(error, psycopg.OperationalError):
            parts = [[item] for item in items]
        else:
            log.error("messages could not be stored", extra=self._named(error))
            self._refuse(items)
            return
        for part in parts:
            await self._settle(part, again=again)

    def _accepted(self, items: list[Item]) -> None:
        for item in items:
            item.answer(SubmitCode.SUCCESS)
        if items:
            self._valkey.ring(self._database.alias)

    def _refuse(self, items: list[Item], code: SubmitCode = SubmitCode.SYSTEM_ERROR) -> None:
        if items:
            self._start(self._valkey.release([item.claim for item in items]))
        for item in items:
            item.answer(code)

    # --- Accounts whose allowance in the region has run short ------------------------------------------------

    def _fetch_for(self, unpaid: list[Item]) -> None:
        """Fetch from the balance beside the groups: nobody else waits for it. One fetch an account at a time."""
        for items in _by_account(unpaid):
            waiting = self._short.get(items[0].account_id)
            if waiting is not None:
                waiting += items
            else:
                self._short[items[0].account_id] = items
                self._start(self._fetch(items[0].account_id))

    async def _fetch(self, account_id: UUID) -> None:
        items: list[Item] = []
        try:
            while items := self._short[account_id]:
                self._short[account_id] = []
                await self._pay(account_id, items)
        except Exception as error:
            log.error("allowance not fetched", extra=self._named(error))
            self._refuse([item for item in items + self._short[account_id] if not item.done.done()])
        finally:
            del self._short[account_id]

    async def _pay(self, account_id: UUID, items: list[Item]) -> None:
        for _ in range(_PULLS):
            funded = await self._pull(account_id, sum((item.cost for item in items), Decimal(0)))
            items = await self._store_what_fits(items)
            if not items or not funded:
                break
        self._refuse(items, SubmitCode.QUOTA_EXCEEDED)

    async def _store_what_fits(self, items: list[Item]) -> list[Item]:
        """All at once, else one by one; what still cannot be paid comes back."""
        left = await self._store(items)
        if not left:
            self._accepted(items)
            return []
        too_dear: Decimal | None = None
        unpaid = []
        for item in items:
            if (too_dear is not None and item.cost >= too_dear) or await self._store([item]):
                too_dear = item.cost if too_dear is None else min(too_dear, item.cost)
                unpaid.append(item)
            else:
                self._accepted([item])
        return unpaid

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)  # type: ignore[arg-type]
        task.add_done_callback(self._tasks.discard)  # type: ignore[arg-type]

    def _named(self, error: Exception) -> dict[str, str]:
        """An error for the log: its text may quote a row, so its name must do."""
        state = getattr(error, "sqlstate", None) or ""
        return {"database": self._database.alias, "error": type(error).__name__, "sqlstate": state}


def _by_account(items: Iterable[Item]) -> list[list[Item]]:
    found: dict[UUID, list[Item]] = {}
    for item in items:
        found.setdefault(item.account_id, []).append(item)
    return list(found.values())
