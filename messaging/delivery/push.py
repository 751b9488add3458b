"""Telling the customer's own URLs what became of a message: in the classic API's form, and webhooks in theirs. Retried as
rows for three days.

The number is opened only to be sent, and stands in nothing of ours but the call itself. Calls run side by side, and what
has come back is written while others are still waited for: no customer's server delays another's.
"""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ALL_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Final

from messaging.delivery import push_rows
from messaging.delivery.push_calls import Push, Result, Servers, call
from paasoo_portal.core.faults import fault
from paasoo_portal.core.tenancy import system_scope

JOB: Final = "push"
CALLS_AT_ONCE: Final = 32
# For so long new calls are begun; then beat's next round goes on, and other tasks have their turn.
ROUND_SECONDS: Final = 10.0
_SOON, _LATER = 0.05, 0.25
servers: Final = Servers()
UnderWay = dict["Future[Result]", Push]


def push_due(alias: str) -> int:
    """Make the calls that are due; how many were made."""
    until = time.monotonic() + ROUND_SECONDS
    with system_scope(JOB, using=(alias,)):
        push_rows.give_up(alias, servers.silent())
    made = done = 0
    under_way: UnderWay = {}
    with ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="push") as pool:
        while True:
            if time.monotonic() < until:
                _begin(alias, pool, under_way)
            if not under_way:
                return made
            wait(under_way, timeout=_SOON if done else _LATER, return_when=ALL_COMPLETED)
            done = _finish(alias, under_way)
            made += done


def _begin(alias: str, pool: ThreadPoolExecutor, under_way: UnderWay) -> None:
    """Begin as many calls as there are threads free, so that none waits on its lease."""
    free = CALLS_AT_ONCE - len(under_way)
    if not free:
        return
    shares = servers.shares(Counter(push.server_id for push in under_way.values()))
    with system_scope(JOB, using=(alias,)):
        pushes = push_rows.claim(alias, shares, free)
    under_way.update({pool.submit(call, push): push for push in pushes})


def _finish(alias: str, under_way: UnderWay) -> int:
    """Write what has come back; how many."""
    results = [(under_way.pop(future), future.result()) for future in list(under_way) if future.done()]
    if not results:
        return 0
    for push, result in results:
        if push.url:
            servers.learn(push.server_id, result)
    fault("push.after_call")
    with system_scope(JOB, using=(alias,)):
        push_rows.record(alias, results)
    return len(results)
