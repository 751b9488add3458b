"""The door keeps its refusals for their customer: only of known keys, in a bounded heap, without what was sent."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from typing import Any

import pytest

from accounts.api_keys.services import add_secret
from messaging.door import key_uses, refusals
from messaging.projections.services import push_account
from messaging.refusals.record import network_of
from paasoo_portal.core.ids import uuid7
from tests import money
from tests.messaging.classic.conftest import Wire


def kept() -> list[tuple[Any, ...]]:
    with money.owner("sg") as connection:
        return connection.execute(
            "SELECT account_id, surface, code, field, network FROM messaging_refusedrequest ORDER BY id"
        ).fetchall()


def test_refusals_of_a_known_key_are_kept_and_of_others_not(wire: Wire) -> None:
    account = wire.account.pk
    assert wire.send()["status"] == "0"
    assert wire.send(to="abc")["status"] == "6"
    assert wire.send(secret="wrong-secret")["status"] == "4"
    assert wire.send(text=None)["status"] == "2"
    assert wire.send(key="nobody", secret="x")["status"] == "4"
    time.sleep(refusals.EVERY_SECONDS + 0.7)
    # Refusals of one millisecond are in no order.
    mine = sorted(row[1:] for row in kept() if row[0] == account)
    assert mine == [
        ("classic", "invalid-credentials", "", "192.0.2.0/24"),
        ("classic", "invalid-number", "to", "192.0.2.0/24"),
        ("classic", "missing-params", "", "192.0.2.0/24"),
    ]


def test_the_door_notes_which_secret_a_key_was_used_with(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_uses, "EVERY_SECONDS", 0.2)
    made = wire.key.key
    add_secret(account_id=wire.account.pk, key_id=made.pk, by_id=uuid7())
    push_account(wire.account.pk)
    assert [wire.send()["status"] for _ in range(3)] == ["0", "0", "0"]
    time.sleep(0.8)
    with money.owner("sg") as connection:
        noted = connection.execute(
            "SELECT former, network FROM messaging_keyuse WHERE key_id = %s", [made.pk]
        ).fetchall()
    assert noted == [(True, "192.0.2.0/24")]


def test_a_full_heap_drops_and_counts(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    written: list[int] = []

    class Database:
        alias = "sg"

        async def write(self, query: str, given: Any) -> list[Any]:
            written.append(len(given))
            return []

    async def flood() -> None:
        heap = refusals.Refusals(Database())  # type: ignore[arg-type]
        for _ in range(5):
            heap.add(uuid7(), uuid7(), code="throttled", field="", network="")
        await heap.close()

    monkeypatch.setattr(refusals, "MOST", 3)
    asyncio.run(flood())
    assert len(written) == 1
    (told,) = [record for record in caplog.records if record.message == "refusals were dropped"]
    assert told.dropped == 2


@pytest.mark.parametrize(
    ("address", "network"),
    [("192.0.2.9", "192.0.2.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48")],
)
def test_addresses_are_truncated(address: str, network: str) -> None:
    assert network_of(ipaddress.ip_address(address)) == network
