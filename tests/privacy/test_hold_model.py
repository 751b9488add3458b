"""Random interleavings of sending, holding, nights, erasing and releasing in a small world, against a simple model:
nothing covered is lost while it is held, nothing due is read by a page, nothing survives the release.

PAASOO_HOLD_RUNS asks for more runs than `make test` makes.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import connections

from messaging.erasure.services import erase_messages
from messaging.messages.models import Message
from messaging.messages.states import State
from paasoo_portal.core import clock
from paasoo_portal.core.tenancy import system_scope
from privacy import keys
from privacy.holds.models import LegalHold, Scope
from privacy.keys import preserving
from privacy.preservation import tasks as preservation
from privacy.retention import nightly, verify
from tests.privacy import test_message_life as life
from tests.privacy.conftest import Registered, as_owner
from tests.privacy.test_enforcement import living
from tests.privacy.test_preservation import copies, hold, let_go

DAY = timedelta(days=1)
RUNS = int(os.environ.get("PAASOO_HOLD_RUNS", "8"))
STEPS = 16
NUMBERS = ("447700900101", "447700900102")


@dataclass
class Sent:
    id: UUID
    number: str
    day: date
    erased: bool = False

    def text_lives(self, today: date) -> bool:
        return not self.erased and today < self.day + 30 * DAY

    def number_lives(self, today: date) -> bool:
        return not self.erased and today < self.day + 90 * DAY


@dataclass
class Kept:
    """A hold, and what it must be able to hand over: by message, whether its text was there to be kept."""

    row: LegalHold
    number: str | None
    first: date
    last: date | None
    owed: dict[UUID, bool] = field(default_factory=dict)
    released: bool = False

    def covers(self, one: Sent) -> bool:
        in_days = self.first <= one.day and (self.last is None or one.day <= self.last)
        return in_days and self.number in {None, one.number}


class World:
    """One account in one region; time moves forward only."""

    def __init__(
        self, alias: str, account_id: UUID, chance: random.Random, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.alias, self.account_id, self.chance, self.monkeypatch = alias, account_id, chance, monkeypatch
        self.passed = timedelta()
        self.sent: list[Sent] = []
        self.kept: list[Kept] = []
        self.done: list[str] = []

    def step(self) -> None:
        acts: list[Callable[[], None]] = [
            self.send, self.send, self.place, self.copy, self.night, self.night, self.erase, self.release,
        ]  # fmt: skip
        act = self.chance.choice(acts)
        self.done.append(act.__name__)
        with clock.travel(by=self.passed):
            act()
        with clock.travel(by=self.passed):
            self._owe()
            self.check()

    # --- What happens ------------------------------------------------------------------------------------------

    def send(self) -> None:
        number = self.chance.choice(NUMBERS)
        self.monkeypatch.setattr(life, "NUMBER", number)
        message_id = life.write(self.alias, self.account_id, age=0)
        with as_owner(self.alias) as connection:
            connection.execute(
                "UPDATE messaging_message SET state = %s WHERE id = %s", [int(State.DELIVERED), message_id]
            )
        self.sent.append(Sent(message_id, number, clock.today()))

    def place(self) -> None:
        number = self.chance.choice([*NUMBERS, None])
        first = clock.today() - self.chance.choice([0, 40, 365]) * DAY
        last = self.chance.choice([None, clock.today() + 5 * DAY])
        row = hold(
            self.account_id,
            scope=Scope.NUMBER if number else Scope.ACCOUNT,
            number=number,
            secret=number is None,
            first_day=first,
            last_day=last,
        )
        # The page begins in the regions before it answers; here the task does.
        preservation.preserve(self.alias)
        self.kept.append(Kept(row, number, first, last))

    def copy(self) -> None:
        preservation.preserve(self.alias)

    def night(self) -> None:
        """Some days go by without one, then a night comes."""
        days = self.chance.choice([1, 1, 7, 31])
        self.passed += days * DAY
        with clock.travel(by=days * DAY):
            nightly.run(self.alias, clock.today())

    def erase(self) -> None:
        chosen = [one for one in self.sent if self.chance.random() < 0.4 and one.number_lives(clock.today())]
        if chosen:
            ids = [one.id for one in chosen]
            erased = erase_messages(self.alias, self.account_id, ids, actor_id=None, actor_kind="system")
            assert set(erased) == set(ids), "no hold here keeps anything in its place"
            for one in chosen:
                one.erased = True

    def release(self) -> None:
        standing = [one for one in self.kept if not one.released]
        if standing:
            chosen = self.chance.choice(standing)
            let_go(chosen.row)
            chosen.released = True
            preservation.preserve(self.alias)

    # --- What must be true -------------------------------------------------------------------------------------

    def _owe(self) -> None:
        """Whatever a hold in force covers and can find is owed from now on."""
        for one in self.kept:
            for message in self.sent:
                if not one.released and one.covers(message) and message.number_lives(clock.today()):
                    text = one.owed.get(message.id, False) or message.text_lives(clock.today())
                    one.owed[message.id] = text

    def check(self) -> None:
        today = clock.today()
        with system_scope("test", using=(self.alias,)):
            present = set(Message.objects.using(self.alias).values_list("pk", flat=True))
        for one in self.sent:
            assert not (one.erased and one.id in present)
            if one.id in present:
                text, number, _found = life.look(self.alias, self.account_id, one.id)
                assert bool(text) == one.text_lives(today)
                assert bool(number) == one.number_lives(today)
        alive = living(self.alias)
        for kept in self.kept:
            if kept.released:
                assert preserving.id_of(kept.row.pk, self.alias) not in alive
                assert self._rows(kept) == 0
            else:
                self._nothing_is_lost(kept, today)

    def _nothing_is_lost(self, kept: Kept, today: date) -> None:
        found = copies(self.alias, kept.row.pk)
        assert set(found) <= set(kept.owed), "nothing is copied that is not covered"
        for message in self.sent:
            if message.id in kept.owed and message.id not in found:
                assert message.number_lives(today), "gone without a copy"
            elif message.id in kept.owed:
                number, text = found[message.id]
                assert number == message.number
                assert bool(text) == kept.owed[message.id]

    def _rows(self, kept: Kept) -> int:
        with connections[self.alias].cursor() as cursor, system_scope("test", using=(self.alias,)):
            cursor.execute(
                "SELECT count(*) FROM messaging_preservedmessage WHERE case_id = %s", [kept.row.pk]
            )
            return int(cursor.fetchone()[0])


@pytest.mark.parametrize("seed", range(RUNS))
def test_whatever_the_order_nothing_is_lost_read_or_left(
    region: str, account: UUID, registered: Registered, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    world = World(region, account, random.Random(seed), monkeypatch)
    try:
        for _ in range(STEPS):
            world.step()
        with clock.travel(by=world.passed + 400 * DAY):
            nightly.run(region, clock.today())
            world.check()
            for one in world.kept:
                if not one.released:
                    let_go(one.row)
                    one.released = True
            nightly.run(region, clock.today())
            world.check()
            assert living(region) == set()
            assert verify.verify(region).ok
    except BaseException:
        print(f"seed {seed}:", " ".join(world.done))
        raise
    finally:
        keys.forget()
