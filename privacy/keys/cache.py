"""Unwrapped data keys in memory: bounded in number and in time.

The time to live is part of the printed guarantee: a key that was erased opens nothing here for longer than
that. It is measured on the monotonic clock, so no clock that is moved can stretch it.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from datetime import date
from uuid import UUID

from django.conf import settings

from privacy.keys.datakey import DataKey

MAX_KEYS = 20_000
Natural = tuple[str, UUID, int, date, date]


class KeyCache:
    """Keys by id and, for sealing, by what they are for. Thread-safe."""

    def __init__(self, *, seconds: float, most: int = MAX_KEYS) -> None:
        self._seconds, self._most = seconds, most
        self._by_id: OrderedDict[tuple[str, UUID], tuple[DataKey, float]] = OrderedDict()
        self._by_use: dict[Natural, tuple[UUID, float]] = {}
        self._lock = threading.Lock()

    def by_id(self, alias: str, key_id: UUID) -> DataKey | None:
        found = self._by_id.get((alias, key_id))
        return found[0] if found is not None and found[1] > time.monotonic() else None

    def by_use(self, use: Natural) -> DataKey | None:
        found = self._by_use.get(use)
        if found is None or found[1] <= time.monotonic():
            return None
        return self.by_id(use[0], found[0])

    def put(self, key: DataKey, *, for_sealing: bool = False) -> None:
        until = time.monotonic() + self._seconds
        with self._lock:
            held = self._by_id.get((key.alias, key.id))
            if held is None or held[1] <= time.monotonic():
                self._by_id[key.alias, key.id] = (key, until)
                self._by_id.move_to_end((key.alias, key.id))
            if for_sealing:
                use = (key.alias, key.account_id, key.data_class, key.starts_on, key.due_on)
                self._by_use[use] = (key.id, until)
            while len(self._by_id) > self._most:
                self._by_id.popitem(last=False)
            if len(self._by_use) > self._most:
                self._by_use.clear()

    def clear(self) -> None:
        with self._lock:
            self._by_id.clear()
            self._by_use.clear()


_cache: KeyCache | None = None


def keys() -> KeyCache:
    """This process's cache."""
    global _cache
    if _cache is None:
        _cache = KeyCache(seconds=float(settings.KEY_CACHE_SECONDS))
    return _cache


def forget() -> None:
    """Drop every unwrapped key of this process at once."""
    keys().clear()
