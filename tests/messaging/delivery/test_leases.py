"""Several dispatchers at once, with real connections: nothing is taken twice and nothing is left."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connections

from accounts.models import Account
from messaging.carriers.base import Standing
from messaging.carriers.sandbox.carrier import SandboxCarrier
from messaging.delivery import claim, dispatch, push, receipts, reconcile
from messaging.messages.states import State
from paasoo_portal.core import clock
from paasoo_portal.core.tenancy import system_scope
from tests.messaging.delivery.conftest import ALIAS, Scripted, accept, rows
from tests.messaging.delivery.customer import Customer

MANY = 240


def side_by_side(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Threads that begin at the same moment, each with connections of its own."""
    start = threading.Barrier(count)

    def one(index: int) -> Any:
        start.wait()
        try:
            return work(index)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def until_empty(step: Callable[[], int]) -> int:
    done = 0
    while found := step():
        done += found
    return done


def counted_is_live() -> None:
    live = rows(ALIAS, "SELECT state, count(*) FROM messaging_message GROUP BY 1 ORDER BY 1")
    counted = rows(
        ALIAS,
        "SELECT state, sum(messages) FROM messaging_daycount GROUP BY 1 HAVING sum(messages) <> 0 ORDER BY 1",
    )
    assert counted == live


def test_two_that_claim_at_once_never_take_the_same_message(shop: Account) -> None:
    ids = accept(shop, MANY)

    def take(index: int) -> list[UUID]:
        taken: list[UUID] = []
        while True:
            with system_scope("test", using=(ALIAS,)):
                batch = claim.claim(ALIAS, f"w{index}", 7)
            if not batch:
                return taken
            taken += [row.id for row in batch]

    taken = side_by_side(4, take)
    assert sorted(one for share in taken for one in share) == sorted(ids)
    assert sum(1 for share in taken if share) > 1, "they did work side by side"
    counted_is_live()


def test_everything_is_handed_over_once_and_delivered_once(shop: Account) -> None:
    """Two dispatchers and two that take receipts, all at it from the start."""
    accept(shop, MANY)
    over = threading.Event()

    def work(index: int) -> int:
        carrier = SandboxCarrier(ALIAS)
        if index < 2:
            sent = until_empty(lambda: dispatch.dispatch(ALIAS, carrier, f"w{index}", limit=20))
            if index == 0:
                over.wait(0.6)
                over.set()
            return sent
        taken = 0
        while not over.is_set():
            taken += receipts.pump(ALIAS, carrier, limit=15)
        return taken + until_empty(lambda: receipts.pump(ALIAS, carrier))

    sent_and_taken = side_by_side(4, work)
    assert sum(sent_and_taken[:2]) == MANY
    carrier = SandboxCarrier(ALIAS)
    with clock.travel(by=timedelta(seconds=5)):
        receipts.pump(ALIAS, carrier)
        receipts.pump(ALIAS, carrier)
    assert rows(ALIAS, "SELECT count(*), count(DISTINCT reference) FROM messaging_sandboxsubmission") == [
        (MANY, MANY)
    ]
    assert rows(ALIAS, "SELECT state, count(*) FROM messaging_message GROUP BY state") == [
        (State.DELIVERED, MANY)
    ]
    steps = rows(
        ALIAS, "SELECT state, count(*) FROM messaging_messageevent WHERE note = '' GROUP BY 1 ORDER BY 1"
    )
    assert steps == [(state, MANY) for state in (State.QUEUED, State.SENDING, State.SENT, State.DELIVERED)]
    counted_is_live()


def test_a_message_is_asked_about_by_one_of_two(shop: Account) -> None:
    accept(shop, 60)
    rows(ALIAS, "UPDATE messaging_message SET state = 9")

    class Slow(Scripted):
        def know(self, references: Any) -> list[Standing]:
            threading.Event().wait(0.05)
            return []

    carrier = Slow()
    carrier.on_query = carrier.know
    side_by_side(3, lambda _: reconcile.reconcile(ALIAS, carrier))
    assert len(carrier.asked) == len(set(carrier.asked)) == 60


def test_each_report_is_pushed_by_one_of_two(shop: Account) -> None:
    with Customer().open() as customer:
        rows(ALIAS, "UPDATE messaging_regionaccount SET push_url = %s", [customer.url])
        accept(shop, 80)
        carrier = SandboxCarrier(ALIAS)
        until_empty(lambda: dispatch.dispatch(ALIAS, carrier, "w"))
        rows(ALIAS, "UPDATE messaging_sandboxsubmission SET receipt_due_at = now() - interval '1 s'")
        assert until_empty(lambda: receipts.pump(ALIAS, carrier)) == 80
        made = side_by_side(2, lambda _: push.push_due(ALIAS))
        assert sum(made) == 80
        assert len(customer.calls) == len(set(customer.calls)) == 80
        assert customer.most_at_once > 1


def test_a_claim_waits_for_nobody(shop: Account) -> None:
    """A row that another transaction holds is left to it."""
    accept(shop, 10)
    held = rows(ALIAS, "SELECT id FROM messaging_message ORDER BY id LIMIT 4")
    with system_scope("test", using=(ALIAS,)), connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM messaging_message WHERE id = ANY(%s) FOR UPDATE", [[one for (one,) in held]]
        )

        def other(index: int) -> int:
            with system_scope("test", using=(ALIAS,)):
                return len(claim.claim(ALIAS, "other", 100))

        assert side_by_side(1, other) == [6]
