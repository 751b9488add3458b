"""`kill -9` of every process under load, a broker that is away, a region that is down: what was accepted is sent once.

The proof is the sandbox's own ledger, written in its own transactions. The tests run in this order on one portal; the
last one waits until all that the others sent has its end.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable

import pytest

from messaging.classic import ids
from messaging.messages.states import State
from tests.processes.client import Client, Load, Sent, delivered
from tests.processes.portal import Portal, Seed, wait

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("processes")]
# What the others depend on comes last: they must have found it again by the end.
KILLED = ["dispatcher", "web", "beat", "worker", "postgres", "valkey"]
REGIONS = ("sg", "ie")
# A lease of 30 s, then the carrier is asked 30 s later, then a receipt of a second.
LAST_SECONDS = 90

_sent: list[Sent] = []


def ledger(portal: Portal, region: str) -> dict[str, int]:
    """How often the carrier was handed each message, by its sender ID."""
    rows = portal.query(
        region,
        "SELECT m.sender, count(*) FROM messaging_sandboxsubmission s "
        "JOIN messaging_message m ON m.id = s.reference GROUP BY 1",
    )
    return dict(rows)


def states(portal: Portal, region: str) -> dict[str, int]:
    return dict(portal.query(region, "SELECT sender, state FROM messaging_message"))


def check_stored(portal: Portal, sent: Iterable[Sent]) -> None:
    """Every accepted message is stored once under the id that was told; no refused one is; none was sent twice."""
    for region in REGIONS:
        stored: dict[str, list[str]] = {}
        for sender, identity in portal.query(region, "SELECT sender, id FROM messaging_message"):
            stored.setdefault(sender, []).append(ids.encode(identity))
        mine = [one for one in sent if one.region == region]
        assert {one.sender: stored.get(one.sender) for one in mine if one.status == "0"} == {
            one.sender: [one.id] for one in mine if one.status == "0"
        }
        refused = [one for one in mine if one.status not in {"0", None}]
        assert not [one for one in refused if one.sender in stored]
        twice = {sender: count for sender, count in ledger(portal, region).items() if count > 1}
        assert not twice


def load(portal: Portal, seed: Seed, name: str) -> Load:
    return Load(portal.port, seed, name)


@pytest.mark.parametrize("name", KILLED)
def test_kill_9_under_load(portal: Portal, seed: Seed, name: str) -> None:
    with load(portal, seed, f"K{name[:2]}") as sending:
        time.sleep(1)
        before = len(sending.sent)
        portal.kill(name)
        killed = len(sending.accepted())
        wait(
            lambda: len(sending.accepted()) > killed + 10, 20, f"nothing is accepted after {name} was killed"
        )
    _sent.extend(sending.sent)
    assert before > 5
    check_stored(portal, sending.sent)
    if name not in {"postgres", "web"}:
        assert {one.status for one in sending.sent} == {"0"}, f"{name} is not needed to accept"
    wait(portal.is_ready, 30, "the portal is not whole again")


def test_without_an_answer_from_the_broker_messages_are_accepted_and_go_out(
    portal: Portal, seed: Seed
) -> None:
    """It hangs: worse than one that is gone, for every question waits. What needs it says so, and goes on after it."""
    with load(portal, seed, "B") as sending:
        with portal.frozen("valkey"):
            wait(lambda: len(sending.sent) > 25, 30, "nothing is accepted without the broker")
            wait(lambda: any(ledger(portal, region) for region in REGIONS), 10, "nothing goes out")
            status, parts = portal.readyz()
            assert (status, parts["broker"]["ok"]) == (503, False)
        frozen = len(sending.sent)
        wait(lambda: len(sending.sent) > frozen + 10, 20, "it does not go on with the broker")
    _sent.extend(sending.sent)
    assert {one.status for one in sending.sent} == {"0"}
    assert max(one.seconds for one in sending.sent) < 8
    check_stored(portal, sending.sent)
    wait(portal.is_ready, 30, "the portal is not whole again")


def test_a_broker_that_is_gone_is_not_missed(portal: Portal, seed: Seed, client: Client) -> None:
    """Killed so often that the manager waits before it starts it again."""
    for _ in range(2):
        portal.kill("valkey")
    pid = portal.pids()["valkey"]
    os.kill(pid, signal.SIGKILL)
    with load(portal, seed, "G") as sending:
        wait(lambda: len(sending.accepted()) > 10, 10, "nothing is accepted without the broker")
        assert portal.pids().get("valkey", pid) == pid, "the broker came back too soon for this test"
        mine = [one for one in sending.accepted()[:10] if one.region == "ie"]
        wait(lambda: all(ledger(portal, "ie").get(one.sender) for one in mine), 10, "nothing goes out")
        wait(lambda: portal.pids().get("valkey", pid) != pid, 30, "the broker does not come back")
    _sent.extend(sending.sent)
    assert {one.status for one in sending.sent} == {"0"}
    check_stored(portal, sending.sent)
    wait(portal.is_ready, 30, "the portal is not whole again")


def test_a_region_that_is_down_harms_no_other(portal: Portal, seed: Seed, client: Client) -> None:
    before = set(states(portal, "ie"))
    with load(portal, seed, "R") as sending:
        wait(lambda: len(sending.accepted()) > 10, 20, "nothing is accepted")
        with portal.without("paasoo_ie"):
            mark = len(sending.sent)
            wait(lambda: len(sending.sent) > mark + 40, 30, "the client waits for a region that is down")
            there = sending.sent[mark + 8 :]
            refused = client.send("ie", "Is anybody there?", sender="Refused")
            assert refused == {"status": "11", "status_code": "System error."}
            assert client.headers["retry-after"] == "1"
            status, parts = portal.readyz()
            assert status == 503
            assert [
                name for name, part in parts.items() if not part["ok"] and name.startswith("database")
            ] == ["database.ie"]
            fine = client.send("sg", "You are.", sender="Elsewhere")
            assert fine["status"] == "0"
            wait(lambda: delivered(client, "sg", fine["messageid"]), 10, "another region does not deliver")
        back = len(sending.sent)
        wait(
            lambda: any(one.status == "0" for one in sending.sent[back:] if one.region == "ie"),
            15,
            "the region does not come back",
        )
    _sent.extend(sending.sent)
    assert {one.status for one in there if one.region == "ie"} == {"11"}
    assert {one.status for one in sending.sent if one.region == "sg"} == {"0"}
    # Only whoever was being stored at that very moment waits, until it is known what became of it.
    slow = [one.seconds for one in sending.sent if one.seconds > 3]
    assert len(slow) <= 4
    assert max(slow, default=0) < 9
    check_stored(portal, sending.sent)
    told = {one.sender for one in sending.sent if one.status == "0"}
    assert set(states(portal, "ie")) - before <= told
    wait(portal.is_ready, 30, "the portal is not whole again")


def test_beat_and_worker_have_found_everything_again(portal: Portal) -> None:
    """A task travels from beat over the broker to a worker and into PostgreSQL."""
    ((now,),) = portal.query("default", "SELECT now()")
    wait(
        lambda: portal.query(
            "default", "SELECT 1 FROM core_heartbeat WHERE name = 'beat' AND at > %s", (now,)
        ),
        40,
        "beat and worker are silent",
    )


def test_in_the_end_everything_was_sent_once(portal: Portal) -> None:
    def open_() -> list[str]:
        waiting = {State.ACCEPTED, State.QUEUED, State.SENDING, State.SENT}
        return [
            name for region in REGIONS for name, state in states(portal, region).items() if state in waiting
        ]

    wait(lambda: not open_(), LAST_SECONDS, "messages have no end yet", pause=1)
    check_stored(portal, _sent)
    for region in REGIONS:
        handed, state = ledger(portal, region), states(portal, region)
        for one in _sent:
            if one.status == "0" and one.region == region:
                assert state[one.sender] in {State.DELIVERED, State.UNKNOWN}
                assert handed.get(one.sender) == 1 or state[one.sender] == State.UNKNOWN
