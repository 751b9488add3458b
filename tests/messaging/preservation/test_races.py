"""Placing a hold while somebody erases, or while the night's run is at work: whoever comes second sees the first."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from messaging.erasure.models import ErasedDay
from messaging.erasure.services import erase_messages
from messaging.messages.states import State
from messaging.preservation import reading
from paasoo_portal.celery import app
from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope, system_scope
from privacy import keys
from privacy.holds import locks as turns
from privacy.holds import services
from privacy.holds.models import LegalHold, Scope
from privacy.holds.services import HoldRefused
from privacy.keys import locks
from privacy.keys.models import DataClass
from privacy.preservation import tasks as preservation
from privacy.retention import enforce
from privacy.retention.models import RetentionRun
from tests.conftest import start_anew
from tests.privacy.conftest import as_owner
from tests.privacy.test_message_life import NUMBER, write

ALIAS = "sg"
DAY = timedelta(days=1)


@pytest.fixture(scope="module", autouse=True)
def untouched(django_db_setup: None, django_db_blocker: Any) -> None:
    """Databases of our own, and the broker that pages send to."""
    assert app.conf.broker_url
    with django_db_blocker.unblock():
        start_anew()


@contextmanager
def role(name: str) -> Iterator[None]:
    """This thread's connections as another role; those of other threads stay what they are."""
    mine = [connections[alias] for alias in connections]
    former = [connection.settings_dict for connection in mine]
    for connection in mine:
        connection.close()
        connection.settings_dict = {**connection.settings_dict, "USER": f"paasoo_{name}"}
    try:
        yield
    finally:
        for connection, settings in zip(mine, former, strict=True):
            connection.close()
            connection.settings_dict = settings


def place(account_id: UUID, **given: Any) -> LegalHold:
    values: dict[str, Any] = {
        "scope": Scope.NUMBER,
        "number": NUMBER,
        "classes": [DataClass.CONTENT, DataClass.NUMBER],
        "first_day": clock.today() - 60 * DAY,
        "last_day": None,
        "authority": "Dublin District Court",
        "reference": "2026/1",
        "review_on": clock.today() + 90 * DAY,
        "by_id": None,
    }
    with role("app"):
        return services.place(account_id=account_id, **values | given)


def decided(account_id: UUID, age: int) -> UUID:
    with role("worker"):
        message_id = write(ALIAS, account_id, age=age)
    with as_owner(ALIAS) as connection:
        connection.execute(
            "UPDATE messaging_message SET state = %s WHERE id = %s", [int(State.DELIVERED), message_id]
        )
    return message_id


def erase(account_id: UUID, ids: list[UUID]) -> list[UUID]:
    with role("app"):
        return erase_messages(ALIAS, account_id, ids, actor_id=None, actor_kind="system")


def copied(found: LegalHold) -> set[UUID]:
    keys.forget()
    with role("worker"), system_scope("test", using=(ALIAS,)):
        return {one["message"] for one in reading.copies(ALIAS, found.pk)}


def together(*jobs: Callable[[], Any]) -> list[Any]:
    """Each in a thread with connections of its own, begun at one moment; their answers, or the errors."""
    start, answers = threading.Barrier(len(jobs)), [None] * len(jobs)

    def run(place: int, job: Callable[[], Any]) -> None:
        start.wait()
        try:
            answers[place] = job()
        except Exception as error:
            answers[place] = error  # type: ignore[call-overload]
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


@pytest.mark.parametrize("round_", range(5))
def test_a_hold_and_an_erasure_at_once(committed: None, round_: int) -> None:
    account_id = uuid7()
    first, second = decided(account_id, 1), decided(account_id, 2)
    placed: list[LegalHold] = []

    def hold_then_erase() -> None:
        placed.append(place(account_id))
        assert erase(account_id, [second]) == [second]

    answers = together(hold_then_erase, lambda: erase(account_id, [first]))
    assert not [one for one in answers if isinstance(one, Exception)], answers
    [found] = placed
    kept = copied(found)
    assert second in kept, "erased after the hold"
    if first not in kept:
        assert erased_at(account_id, first) <= found.placed_at, "erased before the hold, or not at all"


def erased_at(account_id: UUID, message_id: UUID) -> datetime:
    with role("worker"), scope(account_id, using=[ALIAS]):
        at: datetime = ErasedDay.objects.using(ALIAS).get(day=clock.today() - DAY).last_at
    return at


@pytest.mark.parametrize("given", [{}, {"scope": Scope.ACCOUNT, "number": ""}], ids=["number", "account"])
def test_a_hold_waits_for_an_erasure_that_has_begun(committed: None, given: dict[str, Any]) -> None:
    account_id, waited = uuid7(), []

    def erasing() -> None:
        with role("app"), scope(account_id, using=[ALIAS]):
            turns.share(ALIAS, [account_id])
            begun.set()
            time.sleep(1)
            waited.append(time.monotonic())

    begun = threading.Event()

    def placing() -> None:
        begun.wait()
        place(account_id, **given)
        waited.append(time.monotonic())

    assert together(erasing, placing) == [None, None]
    assert waited == sorted(waited)


@pytest.mark.parametrize("round_", range(5))
def test_a_hold_and_a_nights_run_at_once(committed: None, round_: int) -> None:
    """What the run took before the hold is gone; what it takes afterwards was copied first. Never in between."""
    account_id = uuid7()
    due = decided(account_id, 31 + round_)

    def night() -> None:
        with role("worker"):
            enforce.enforce(ALIAS, clock.today())

    found, done = together(lambda: place(account_id), night)
    assert done is None or isinstance(done, locks.Busy), done
    if isinstance(found, HoldRefused):
        return
    with role("worker"):
        preservation.preserve(ALIAS)
        finished = RetentionRun.objects.get(database=ALIAS, kind="enforce").finished_at
    texts = texts_of(found)
    if done is None and due not in texts:
        assert finished is not None
        assert finished <= found.placed_at
    if isinstance(done, locks.Busy):
        assert due in texts


def texts_of(found: LegalHold) -> set[UUID]:
    keys.forget()
    with role("worker"), system_scope("test", using=(ALIAS,)):
        return {one["message"] for one in reading.copies(ALIAS, found.pk) if one["text"]}


def test_two_officers_release_at_once_and_it_is_released_once(committed: None) -> None:
    account_id, officers = uuid7(), [uuid7(), uuid7(), uuid7()]
    found = place(account_id)
    with role("app"):
        services.confirm(found.pk, by_id=officers[0])
        services.propose_release(found.pk, by_id=officers[0])

    def let_go(officer: UUID) -> bool:
        with role("app"):
            return services.release(found.pk, by_id=officer)

    answers = together(*(lambda one=one: let_go(one) for one in officers))
    assert answers.count(True) == 1, answers
    others = [one for one in answers if one is not True]
    assert all(one is False or isinstance(one, HoldRefused) for one in others), answers
