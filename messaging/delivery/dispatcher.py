"""The dispatcher: for each region's database one thread that hands messages over and one that takes receipts.

The bell in Valkey only shortens the wait; without Valkey each thread looks twice a second. A database that is down
stops its own region's threads and no other's.
"""

from __future__ import annotations

import logging
import os
import secrets
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections
from redis.backoff import NoBackoff
from redis.retry import Retry

from messaging.accept.limits import wake_key
from messaging.carriers.base import Carrier
from messaging.carriers.registry import carrier_of
from messaging.delivery import bounds, dispatch, receipts, reconcile
from messaging.delivery.claim import abandon
from paasoo_portal.core import clock, heartbeat, regions
from paasoo_portal.core.tenancy import system_scope

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 0.5
BEAT_SECONDS: Final = 5.0
TIDY_SECONDS: Final = 2.0
LONGEST_PAUSE: Final = 10.0
STOP_SECONDS: Final = 10.0


class Dispatcher:
    """Every thread of one process. `stop` lets each finish the batch in its hands."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start two threads a region's database. Raises ImproperlyConfigured without a carrier."""
        for alias in regions.aliases():
            carrier = carrier_of(alias)
            line = Line(alias, carrier, self._stop)
            for name, step in (("dispatch", line.send), ("receipts", line.take_receipts)):
                thread = threading.Thread(
                    target=self._run, args=(alias, step), name=f"{name}.{alias}", daemon=True
                )
                thread.start()
                self._threads.append(thread)

    def stop(self) -> None:
        self._stop.set()

    def wait(self) -> None:
        """Until `stop`, then at most STOP_SECONDS for what is under way: its lease runs out by itself."""
        self._stop.wait()
        until = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(until - time.monotonic(), 0))

    def _run(self, alias: str, step: Callable[[], None]) -> None:
        pause = LOOK_SECONDS
        while not self._stop.is_set():
            try:
                step()
            except (DatabaseError, InterfaceError) as error:
                log.warning(
                    "a region's database does not answer",
                    extra={"database": alias, "error": type(error).__name__},
                )
            except Exception as error:
                log.exception(
                    "a dispatcher's step failed", extra={"database": alias, "error": type(error).__name__}
                )
            else:
                pause = LOOK_SECONDS
                continue
            connections[alias].close()
            self._stop.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        connections.close_all()


class Line:
    """One region's line: what its two threads do, a step at a time."""

    def __init__(self, alias: str, carrier: Carrier, stop: threading.Event) -> None:
        self._alias = alias
        self._carrier = carrier
        self._stop = stop
        self._worker = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._bell = Bell(alias, stop)
        self._beaten = self._tidied = -LONGEST_PAUSE

    def send(self) -> None:
        """Hand over one batch, or wait for the bell; now and then give a sign of life and tidy up."""
        now = time.monotonic()
        if now - self._beaten >= BEAT_SECONDS:
            heartbeat.beat(f"dispatcher.{self._alias}", self._alias)
            self._beaten = now
        if now - self._tidied >= TIDY_SECONDS:
            self._tidy()
            self._tidied = now
        if dispatch.dispatch(self._alias, self._carrier, self._worker) < dispatch.BATCH:
            self._bell.wait()

    def take_receipts(self) -> None:
        if receipts.pump(self._alias, self._carrier) < receipts.BATCH:
            self._stop.wait(LOOK_SECONDS / 2)

    def _tidy(self) -> None:
        """What was left in the middle becomes unknown, and what is unknown is asked about."""
        with system_scope(dispatch.JOB, using=(self._alias,)):
            abandon(self._alias, clock.now() + timedelta(seconds=bounds.LEASE_SECONDS))
        reconcile.reconcile(self._alias, self._carrier)


class Bell:
    """Waits on the list that accepting rings; with Valkey away it is a plain pause."""

    def __init__(self, alias: str, stop: threading.Event) -> None:
        self._key = wake_key(alias)
        self._stop = stop
        self._client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 0)
        )

    def wait(self) -> None:
        try:
            self._client.blpop([self._key], timeout=LOOK_SECONDS)
        except redis.RedisError:
            self._stop.wait(LOOK_SECONDS)
