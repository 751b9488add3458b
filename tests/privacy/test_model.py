"""Random lives of an account's messages against a simple model: nothing due is readable after its bound, by anybody who
kept every copy, and nothing living is lost. P-RET-2, P-RET-7, P-RET-9.

Steps: send, instruct, a default that is shortened, hold, release, erase, a back-up, a night or carry-overs (sometimes with
a crash in them), days passing, and an old back-up that comes back in place of the database.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from types import ModuleType
from typing import Any, Final
from uuid import UUID

import pytest
from django.conf import settings as django_settings

from messaging.erasure import reseal
from messaging.erasure.services import erase_messages
from messaging.messages.states import FINAL
from paasoo_portal.core import clock, partitions
from paasoo_portal.core.ids import time_of, uuid7
from paasoo_portal.core.tenancy import scope, system_scope
from privacy import journal, keys
from privacy.errors import PrivacyError
from privacy.journal import replay as replaying
from privacy.keys import carry_over as carrying
from privacy.keys import epochs, guard, store
from privacy.keys import renewal as renewing
from privacy.keys.models import DataClass
from privacy.keys.snapshots import restore as restoring
from privacy.keys.snapshots import take as snapshots
from privacy.keys.vault import vault
from privacy.retention import enforce, nightly, verify
from tests.privacy.conftest import PLACES, Registered, as_owner, reset
from tests.privacy.test_holds import hold, let_go
from tests.privacy.test_message_life import TEXT, write
from tests.privacy.test_snapshots import Copy as Database

DAY = timedelta(days=1)
REASON = "A random life."
CONTENT_DAYS = 30
SEEDS = range(int(os.environ.get("MODEL_LIVES", "4")))
STEPS = int(os.environ.get("MODEL_STEPS", "30"))
CARRY_POINTS = ("carry_over.created", "carry_over.opened", "carry_over.rewrapped", "carry_over.batch",
    "carry_over.before_drop", "carry_over.dropped", "carry_over.destroyed")  # fmt: skip
POINTS = ("enforce.moved", "enforce.certified", "renewal.batch", "renewal.buried", "reseal.certified")


MESSAGES = ("messaging_message", "messaging_erasedday", "messaging_erasedmessage")


class Crash(Exception):
    """A process that died here."""


@dataclass
class Told:
    """A message as the model knows it."""

    id: UUID
    start: date
    erased: bool = False
    # What a run let die, by the model's own reckoning.
    dead: bool = False
    # Its day has come, by an instruction that may have been lengthened since: nothing is revived by that.
    past: bool = False
    # Its day was sealed anew after the back-up that came back: nothing opens what that back-up has of it (docs/operators.md).
    lost: bool = False


@dataclass
class Copy:
    """A back-up: every wrapped key and every sealed text of its moment."""

    keys: list[store.KeyRow]
    rows: list[tuple[UUID, UUID, bytes]]
    database: Database


@dataclass
class Hold:
    id: UUID
    first: date
    last: date


@dataclass
class World:
    """What happened, in the model."""

    account: UUID = field(default_factory=uuid7)
    messages: list[Told] = field(default_factory=list)
    # What was instructed; until then the published default counts.
    instructed: int | None = None
    default: int = CONTENT_DAYS
    holds: list[Hold] = field(default_factory=list)
    copies: list[Copy] = field(default_factory=list)
    # Each key that died, and how many carry-overs were complete then.
    died: dict[UUID, int] = field(default_factory=dict)
    carried: int = 0

    @property
    def days(self) -> int:
        return self.default if self.instructed is None else self.instructed

    def due_on(self, message: Told) -> date:
        return message.start + timedelta(days=min(self.days, CONTENT_DAYS))

    def held(self, message: Told) -> bool:
        return any(one.first <= message.start <= one.last for one in self.holds)


class Life:
    """One account's messages in one region, through the product's own services."""

    # What may happen next, and how often beside the others.
    STEPS: Final = {
        "send": 4, "instruct": 1, "shorten_default": 1, "place": 2, "release": 2, "erase": 4, "back_up": 1, "night": 5, "carry_over": 3, "pass_by": 3,
        "restore": 1,
    }  # fmt: skip

    def __init__(self, alias: str, seed: int, patch: pytest.MonkeyPatch, settings: Any) -> None:
        self.alias, self.random, self.patch = alias, Random(seed), patch
        self.told: list[str] = []
        # Each life has a series of epochs and a journal of its own: those of the one before are another's.
        for place in PLACES:
            setattr(settings, place, f"{getattr(settings, place)}/{uuid7()}")
        vault().forget()
        reset(self.alias)
        journal.enrol("default")
        with as_owner(self.alias) as connection:
            connection.execute("TRUNCATE messaging_message, messaging_erasedday, messaging_erasedmessage")
        epochs.bootstrap(self.alias)
        self.world, self.later = World(), timedelta()
        for age in (0, 3, 3, 12, 12, 29):
            self._send(age)
        snapshots.take(self.alias)
        self.back_up()

    @staticmethod
    def end() -> None:
        """Bounds are the whole installation's."""
        with as_owner("default") as connection:
            connection.execute("DELETE FROM privacy_retentionbound WHERE reason = %s", [REASON])

    @contextmanager
    def now(self) -> Iterator[None]:
        with clock.travel(by=self.later):
            yield

    def step(self) -> None:
        """Something happens, and everything holds."""
        [name] = self.random.choices(list(self.STEPS), list(self.STEPS.values()))
        self.told.append(name)
        getattr(self, name)()
        self.what_lives_is_read_and_what_is_due_is_not()
        self.what_a_hold_covers_keeps_its_key()
        self.old_copies_open_nothing_beyond_the_bound()
        self.the_living_system_opens_nothing_dead_from_an_old_copy()

    def send(self) -> None:
        self._send(self.random.randrange(CONTENT_DAYS))

    def _send(self, age: int) -> None:
        with self.now():
            made = write(self.alias, self.world.account, age)
            self.world.messages.append(Told(made, clock.today() - timedelta(days=age)))
            with as_owner(self.alias) as connection:
                connection.execute(
                    "UPDATE messaging_message SET state = %s WHERE id = %s", [min(FINAL), made]
                )

    def instruct(self) -> None:
        """In force at once: its grace period is another test's matter."""
        days = self.world.instructed = self.random.randint(10, CONTENT_DAYS)
        with self.now(), as_owner("default") as connection:
            connection.execute(
                "INSERT INTO privacy_retentioninstruction (id, account_id, data_class, days, instructed_at, effective_at) "
                "VALUES (%s, %s, %s, %s, %s, %s)",
                [
                    uuid7(),
                    self.world.account,
                    int(DataClass.CONTENT),
                    days,
                    clock.now(),
                    clock.midnight(clock.today()),
                ],
            )

    def shorten_default(self) -> None:
        """From today on: that it is announced a month ahead is another test's matter."""
        if self.world.default <= 10:
            return
        self.world.default = self.random.randint(10, self.world.default - 1)
        with self.now(), as_owner("default") as connection:
            connection.execute(
                "INSERT INTO privacy_retentionbound "
                "(data_class, default_days, floor_days, ceiling_days, effective_on, reason) "
                "VALUES (%s, %s, 0, 400, %s, %s) "
                "ON CONFLICT (data_class, effective_on) DO UPDATE SET default_days = excluded.default_days",
                [int(DataClass.CONTENT), self.world.default, clock.today(), REASON],
            )

    def place(self) -> None:
        if len(self.world.holds) > 1:
            return
        oldest, length = self.random.randrange(40), self.random.randrange(15)
        with self.now():
            first = clock.today() - timedelta(days=oldest)
            placed = hold(
                self.world.account, DataClass.CONTENT, DataClass.NUMBER, first=oldest, last=oldest - length
            )
            self.world.holds.append(Hold(placed, first, first + timedelta(days=length)))

    def release(self) -> None:
        if not self.world.holds:
            return
        with self.now():
            let_go(self.world.holds.pop().id)

    def erase(self) -> None:
        chosen = self.random.choice(self.world.messages)
        with self.now():
            gone = erase_messages(
                self.alias, self.world.account, [chosen.id], actor_id=None, actor_kind="system"
            )
        assert (gone == [chosen.id]) == (not chosen.erased and not self.world.held(chosen)), (
            "held, or gone before"
        )
        chosen.erased |= bool(gone)

    def back_up(self) -> None:
        with system_scope("test", using=(self.alias,)):
            ids = {row[0] for row in self._sql("SELECT id FROM privacy_datakey")}
            found = store.by_ids(self.alias, ids)
        rows = self._sql("SELECT id, content_key_id, content_sealed FROM messaging_message")
        copied = [(one, key, bytes(sealed)) for one, key, sealed in rows]
        self.world.copies.append(Copy(found, copied, Database(self.alias, *MESSAGES)))

    def restore(self) -> None:
        """What docs/operators.md tells: the copy refuses, then the keys, then the erasures; what it lacks is lost with it."""
        copy = self.random.choice(self.world.copies[-6:])
        with self.now():
            for day in {time_of(row[0]).date() for row in copy.rows}:
                partitions.ensure(self.alias, day, day)
            copy.database.put_back()
            if replaying.outstanding(self.alias):
                with pytest.raises(PrivacyError):
                    guard.check(self.alias)
            restoring.restore(self.alias)
            replaying.replay(self.alias)
            guard.check(self.alias)
            enforce.enforce(self.alias, clock.today(), accept_clock=True)
            self._note_ends()
        there = dict(self._sql("SELECT id, content_key_id FROM messaging_message"))
        self.world.messages = [one for one in self.world.messages if one.id in there or one.erased]
        for message in self.world.messages:
            message.lost |= not message.dead and there.get(message.id) in self.world.died
        self._note_deaths()

    def night(self) -> None:
        # Of the very keys that die now somebody has a copy.
        self.back_up()
        with self.now():
            if self.random.random() < 0.4:
                self._crash_at(self.random.choice(POINTS))
            nightly.run(self.alias, clock.today(), accept_clock=True)
            self._note_ends()
            assert verify.verify(self.alias, clock.today()).ok
        self._note_deaths()

    def _note_ends(self) -> None:
        for message in self.world.messages:
            message.past |= self.world.due_on(message) <= clock.today()
            message.dead |= message.past and not self.world.held(message)

    def _crash_at(self, point: str) -> None:
        with self._dying_at(point, enforce, renewing, reseal):
            nightly.run(self.alias, clock.today(), accept_clock=True)

    @contextmanager
    def _dying_at(self, point: str, *modules: ModuleType) -> Iterator[None]:
        def die(name: str) -> None:
            if name == point:
                raise Crash

        with self.patch.context() as during:
            for module in modules:
                during.setattr(module, "fault", die)
            try:
                yield
            except Crash:
                keys.forget()

    def carry_over(self) -> None:
        for _ in range(self.random.randint(1, 4)):
            with self.now():
                # As the night does: one that died is finished, not repeated.
                target = carrying.next_epoch(self.alias)
                if self.random.random() < 0.3:
                    with self._dying_at(self.random.choice(CARRY_POINTS), carrying, epochs):
                        carrying.carry_over(self.alias, target)
                carrying.carry_over(self.alias, target)
                snapshots.take(self.alias)
            self.world.carried += 1

    def pass_by(self) -> None:
        self.later += timedelta(days=self.random.randint(1, 6))

    def _note_deaths(self) -> None:
        for (key,) in self._sql("SELECT key_id FROM privacy_keytombstone"):
            self.world.died.setdefault(key, self.world.carried)

    def _sql(self, query: str) -> list[Any]:
        with as_owner(self.alias) as connection:
            return connection.execute(query).fetchall()

    def _text(self, message: UUID, key: UUID, sealed: bytes) -> str | None:
        """As the product reads it, from a row of now or of a back-up; None when it is erased."""
        with scope(self.world.account, using=(self.alias,)):
            try:
                return keys.open_sealed(
                    self.alias,
                    self.world.account,
                    key,
                    sealed,
                    table="messaging_message",
                    column="content_sealed",
                    row=message,
                ).decode()
            except keys.Erased:
                return None

    def what_lives_is_read_and_what_is_due_is_not(self) -> None:
        keys.forget()
        with self.now():
            rows = {
                row[0]: row
                for row in self._sql("SELECT id, content_key_id, content_sealed FROM messaging_message")
            }
            today = clock.today()
            for message in self.world.messages:
                if message.erased:
                    assert message.id not in rows
                    continue
                due = message.past or message.start + timedelta(days=CONTENT_DAYS) <= today
                text = self._text(*rows[message.id]) if message.id in rows else None
                if due or message.lost:
                    assert text is None
                elif self.world.due_on(message) > today:
                    assert text == TEXT, "what lives is never lost"

    def what_a_hold_covers_keeps_its_key(self) -> None:
        living = {row[0] for row in self._sql("SELECT id FROM privacy_datakey")}
        rows = dict(self._sql("SELECT id, content_key_id FROM messaging_message"))
        for message in self.world.messages:
            if self.world.held(message) and not message.erased and not message.dead and not message.lost:
                assert rows[message.id] in living

    def old_copies_open_nothing_beyond_the_bound(self) -> None:
        bound = django_settings.EPOCHS_KEPT + 1
        beyond = {key for key, at in self.world.died.items() if self.world.carried - at >= bound}
        vault().forget()
        for copy in self.world.copies:
            for row in copy.keys:
                if row.id in beyond:
                    with pytest.raises(keys.EpochDestroyed):
                        vault().unwrap(self.alias, row.epoch, bytes(row.wrapped), row.context(self.alias))

    def the_living_system_opens_nothing_dead_from_an_old_copy(self) -> None:
        with self.now():
            for copy in self.world.copies:
                for message, key, sealed in copy.rows:
                    if key in self.world.died:
                        assert self._text(message, key, sealed) is None


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_life(
    region: str, registered: Registered, monkeypatch: pytest.MonkeyPatch, settings: Any, seed: int
) -> None:
    life = Life(region, seed, monkeypatch, settings)
    try:
        for _ in range(STEPS):
            life.step()
    except BaseException:
        print(f"life {seed}: {' '.join(life.told)}")
        raise
    finally:
        life.end()
