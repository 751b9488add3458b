"""One region behind the door: its database, what is remembered of it, its keys and its commit groups."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import close_old_connections

from messaging.accept import keyring
from messaging.accept.rules import Keeping
from messaging.allowance import services as allowance
from messaging.door.database import Database
from messaging.door.groups import Groups
from messaging.door.key_uses import KeyUses
from messaging.door.projections import Projections
from messaging.door.refusals import Refusals
from messaging.door.valkey import Valkey

_KEY_SECONDS: Final = 8.0
_PULL_SECONDS: Final = 12.0
Answer = TypeVar("Answer")


class RegionDoor:
    """Everything one process holds of a region. Lives in one event loop."""

    def __init__(self, code: str, alias: str, valkey: Valkey) -> None:
        self.code, self.alias = code, alias
        self._database = Database(alias)
        self.projections = Projections(self._database)
        self.groups = Groups(self._database, valkey, self._pull)
        self.refusals = Refusals(self._database)
        self.key_uses = KeyUses(self._database)
        # Threads of the region's own: where another region hangs, its threads hang with it and nobody else's.
        self._for_keys = ThreadPoolExecutor(1, thread_name_prefix=f"keys-{code}")
        self._for_pulls = ThreadPoolExecutor(2, thread_name_prefix=f"pull-{code}")
        self._making: dict[tuple[UUID, Keeping], asyncio.Future[keyring.Pair]] = {}

    async def keys(self, account_id: UUID, keeping: Keeping) -> keyring.Pair:
        """The day's two keys; a miss is made once, in a thread, whoever waits for it. Raises TimeoutError."""
        wanted = (account_id, keeping)
        making = self._making.get(wanted)
        if making is None:
            making = self._making[wanted] = _in_thread(
                self._for_keys, keyring.fetch, self.alias, account_id, keeping
            )
            making.add_done_callback(lambda done: self._made(wanted, done))
        return await asyncio.wait_for(asyncio.shield(making), _KEY_SECONDS)

    async def close(self) -> None:
        await self.groups.close()
        await self.refusals.close()
        await self.key_uses.close()
        await self._database.close()
        self._for_keys.shutdown(wait=False, cancel_futures=True)
        self._for_pulls.shutdown(wait=False, cancel_futures=True)

    def _made(self, wanted: tuple[UUID, Keeping], done: asyncio.Future[keyring.Pair]) -> None:
        del self._making[wanted]
        if not done.cancelled():
            done.exception()  # those who wait get it; if all have given up, nobody has to

    async def _pull(self, account_id: UUID, amount: Decimal) -> bool:
        pulling = _in_thread(self._for_pulls, allowance.pull, account_id, self.code, amount)
        return await asyncio.wait_for(pulling, _PULL_SECONDS)


def _in_thread(pool: ThreadPoolExecutor, work: Callable[..., Answer], *given: Any) -> asyncio.Future[Answer]:
    """Run synchronous work on Django's connections in a thread, none of them left stale."""

    def run() -> Answer:
        close_old_connections()
        try:
            return work(*given)
        finally:
            close_old_connections()

    return asyncio.get_running_loop().run_in_executor(pool, run)
