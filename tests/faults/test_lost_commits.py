"""A connection that breaks in the midst of a commit: the answer waits until the database can say what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest

from messaging.accept import rows
from messaging.accept.codes import SubmitCode
from messaging.accept.limits import Claim
from messaging.door import groups
from messaging.door.database import Down, Lost
from messaging.door.groups import Groups, Item
from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7

PAID = [([True],)]


class Scripted:
    """A database whose next answers are known; the last one is repeated."""

    alias = "ie"

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def write(self, query: str, given: Sequence[Any]) -> Any:
        self.asked += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Permissive:
    """Counters that let everything pass."""

    def __init__(self) -> None:
        self.released = 0

    async def check(self, claims: Sequence[Claim]) -> list[SubmitCode]:
        return [SubmitCode.SUCCESS for _ in claims]

    async def release(self, claims: Sequence[Claim]) -> None:
        self.released += 1

    def ring(self, alias: str) -> None:
        pass


async def no_funds(account_id: UUID, amount: Decimal) -> bool:
    return False


def row() -> rows.Row:
    now = clock.now()
    return rows.Row(
        0, uuid7(now), uuid7(), "Sender", "GB", "", 0, 1, Decimal("0.04"), None, uuid7(), uuid7(), b"x", b"y", b"z",
        now, now.date(), now.date(),
    )  # fmt: skip


def answer_after(*answers: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[SubmitCode, Scripted, Permissive]:
    """What one request is told when the database answers like this."""
    monkeypatch.setattr(groups, "_ASK_SECONDS", 0)
    database, counters = Scripted(*answers), Permissive()

    async def ask() -> SubmitCode:
        group = Groups(database, counters, no_funds)  # type: ignore[arg-type]
        code = await group.submit(Item([row()], Claim("a", 1, ["m"])))
        await group.close()
        return code

    return asyncio.run(ask()), database, counters


def test_it_was_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    there = psycopg.errors.UniqueViolation()
    code, _, counters = answer_after(Lost(), Down(), Down(), Lost(), there, monkeypatch=monkeypatch)
    assert code is SubmitCode.SUCCESS
    assert not counters.released


def test_it_was_not_committed_and_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    code, database, _ = answer_after(Lost(), Down(), PAID, monkeypatch=monkeypatch)
    assert (code, database.asked) == (SubmitCode.SUCCESS, 3)


def test_it_is_being_committed_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its lock is held by the transaction whose connection was lost."""
    locked, there = psycopg.errors.LockNotAvailable(), psycopg.errors.UniqueViolation()
    code, database, _ = answer_after(Lost(), locked, there, monkeypatch=monkeypatch)
    assert (code, database.asked) == (SubmitCode.SUCCESS, 3)


def test_what_cannot_be_stored_is_refused_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    code, database, counters = answer_after(Lost(), psycopg.errors.CheckViolation(), monkeypatch=monkeypatch)
    assert (code, counters.released) == (SubmitCode.SYSTEM_ERROR, 1)
    assert database.asked == 2


def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    code, database, counters = answer_after(Lost(), Down(), monkeypatch=monkeypatch)
    assert (code, counters.released) == (SubmitCode.SYSTEM_ERROR, 1)
    assert database.asked == 2 + groups._ASKED_AGAIN
    assert "whether messages were stored is not known" in caplog.text


def test_a_database_that_is_down_from_the_beginning_refuses_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    code, database, _ = answer_after(Down(), monkeypatch=monkeypatch)
    assert (code, database.asked) == (SubmitCode.SYSTEM_ERROR, 1)
