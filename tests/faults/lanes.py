"""What a child does: one part of the engine's work, by the product's own functions, in the product's own role.

The client's side of a request (what was answered) is written past the child into a file, as a client elsewhere would
know it after the child's death.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db import connections

from messaging.accept.portal import NotAccepted, accept_messages
from messaging.allowance import services as allowance
from messaging.carriers.registry import carrier_of
from messaging.delivery import bounds, dispatch, push, receipts, reconcile
from messaging.delivery.claim import abandon
from messaging.door.app import Door
from messaging.tasks import make_partitions_of
from paasoo_portal.core import clock, regions
from paasoo_portal.core.tenancy import system_scope
from privacy.keys import nightly as keys_nightly
from privacy.keys.locks import Busy
from privacy.retention import nightly

Command = dict[str, Any]
# Small, so that a round has many batches and many deaths between them.
BATCH = 9

# The points at which a child of each lane may die by name; every other moment is met by the fuse.
MONEY = ("allowance.between_databases", "allowance.before_closing")
POINTS: dict[str, tuple[str, ...]] = {
    "door": ("door.before_commit", "door.after_commit", *MONEY),
    "portal": MONEY,
    "dispatch": (
        "dispatch.after_claim",
        "dispatch.before_submit",
        "dispatch.after_submit",
        "dispatch.after_record",
    ),
    "receipts": ("receipts.before_commit", "receipts.after_commit"),
    "night": (
        "settle.read",
        "enforce.moved",
        "enforce.certified",
        "journal.intended",
        "journal.committed",
        "sweep.dropped",
        "carry_over.created",
        "carry_over.opened",
        "carry_over.batch",
        "carry_over.rewrapped",
        "carry_over.before_drop",
        "carry_over.dropped",
        "carry_over.destroyed",
    ),
    "money": MONEY,
    "push": ("push.after_call",),
}
ROLES = {"door": "app", "portal": "app"}


def work(command: Command) -> None:
    """Do what the command asks, as a process of the product would."""
    lane = command["lane"]
    for alias in connections:
        connections.settings[alias]["USER"] = f"paasoo_{ROLES.get(lane, 'worker')}"
    _LANES[lane](command)
    connections.close_all()


# --- Accepting -------------------------------------------------------------------------------------------------


def _tell(command: Command, number: int, status: str, ids: list[str]) -> None:
    """The client has the answer: what it knows outlives us."""
    line = json.dumps({"n": number, "status": status, "ids": ids}).encode() + b"\n"
    handle = os.open(command["answers"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, line)
    os.close(handle)


def _door(command: Command) -> None:
    asyncio.run(_ask_all(command))


async def _ask_all(command: Command) -> None:
    door = Door()
    asked = command["requests"]
    for start in range(0, len(asked), BATCH):
        await asyncio.gather(*(_ask(door, command, request) for request in asked[start : start + BATCH]))
    await door.close()


async def _ask(door: Door, command: Command, request: dict[str, Any]) -> None:
    given = {name: request[name] for name in ("key", "secret", "to", "text")} | {"from": request["sender"]}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": "/json",
        "query_string": urlencode(given).encode(),
        "headers": [(b"host", request["host"].encode())],
        "client": ("127.0.0.1", 1),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.body" and message.get("body"):
            answer = json.loads(message["body"])
            ids = answer.get("messageids", answer.get("messageid", ""))
            _tell(command, request["n"], answer["status"], ids.split(",") if ids else [])

    await door(scope, receive, send)


def _portal(command: Command) -> None:
    from messaging.classic import ids

    for request in command["requests"]:
        try:
            taken = accept_messages(
                account_id=UUID(request["account"]),
                region=request["region"],
                sender=request["sender"],
                recipients=request["to"].split(","),
                text=request["text"],
            )
        except NotAccepted as refused:
            _tell(command, request["n"], str(int(refused.code)), [])
        else:
            _tell(command, request["n"], "0", [ids.encode(one.id) for one in taken])


# --- Delivering ------------------------------------------------------------------------------------------------


def _until_idle(command: Command, step: Callable[[str], int]) -> None:
    """Step through both regions until nothing has come for a while. The dispatcher's own loop outlives an error of the
    database; here none is expected, whoever else is at work.
    """
    idle = 0
    while idle < command["patience"]:
        done = sum(step(alias) for alias in regions.aliases())
        idle = 0 if done else idle + 1
        if not done:
            time.sleep(0.02)


def _dispatch(command: Command) -> None:
    worker = f"{os.getpid()}-{command['seed']}"

    def step(alias: str) -> int:
        carrier = carrier_of(alias)
        with system_scope(dispatch.JOB, using=(alias,)):
            abandon(alias, clock.now() + timedelta(seconds=bounds.LEASE_SECONDS))
        asked = reconcile.reconcile(alias, carrier)
        return asked + dispatch.dispatch(alias, carrier, worker, limit=BATCH)

    _until_idle(command, step)


def _receipts(command: Command) -> None:
    _until_idle(command, lambda alias: receipts.pump(alias, carrier_of(alias), limit=BATCH))


def _push(command: Command) -> None:
    _until_idle(command, push.push_due)


# --- By night --------------------------------------------------------------------------------------------------


def _night(command: Command) -> None:
    """One database's night, as beat's tasks do it; what another still holds is waited for."""
    alias, day = command["alias"], clock.today()
    make_partitions_of(alias)
    nightly.run(alias, day)
    while True:
        try:
            keys_nightly.run(alias, day)
            break
        except Busy:
            time.sleep(0.05)
    reconcile.close_unanswered(alias)


def _money(command: Command) -> None:
    for account in command["accounts"]:
        for region in regions.aliases():
            allowance.drain(UUID(account), region, None)
    for region in regions.aliases():
        allowance.top_up(region)


_LANES: dict[str, Callable[[Command], None]] = {
    "door": _door,
    "portal": _portal,
    "dispatch": _dispatch,
    "receipts": _receipts,
    "night": _night,
    "money": _money,
    "push": _push,
}
