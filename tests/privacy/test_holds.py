"""Legal holds: what they cover outlives its day and is read by nobody; what they do not cover goes on time (P-RET-9)."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import connections

from messaging.erasure import closing as messages_closing
from messaging.erasure.services import erase_messages
from messaging.messages import sweep
from messaging.messages.models import Message
from messaging.messages.states import FINAL
from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import system_scope
from privacy.keys import carry_over as carrying
from privacy.keys.models import DataClass
from privacy.retention import closing, enforce, instructions, nightly, plan, tasks, verify
from tests.privacy.conftest import MakeKey, Registered, as_owner
from tests.privacy.test_enforcement import living, readable
from tests.privacy.test_message_life import look, write

DAY = timedelta(days=1)
CONTENT, NUMBER = DataClass.CONTENT, DataClass.NUMBER
DECIDED = min(FINAL)


def hold(
    account_id: UUID, *classes: int, first: int = 365, last: int | None = None, released: bool = False
) -> UUID:
    """A hold over days counted back from today, as the officer's page writes it."""
    today, hold_id = clock.today(), uuid7()
    with as_owner("default") as connection:
        connection.execute(
            "INSERT INTO privacy_legalhold (id, account_id, classes, first_day, last_day, authority, reference, "
            "review_on, placed_at, released_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                hold_id,
                account_id,
                list(classes),
                today - first * DAY,
                None if last is None else today - last * DAY,
                "Dublin District Court",
                "2026/1",
                today + 90 * DAY,
                clock.now(),
                clock.now() if released else None,
            ],
        )
    return hold_id


def let_go(hold_id: UUID) -> None:
    with as_owner("default") as connection:
        connection.execute(
            "UPDATE privacy_legalhold SET released_at = %s WHERE id = %s", [clock.now(), hold_id]
        )


def rows(alias: str, account_id: UUID) -> set[UUID]:
    with as_owner(alias) as connection:
        found = connection.execute("SELECT id FROM messaging_message WHERE account_id = %s", [account_id])
        return {row[0] for row in found.fetchall()}


def test_a_covered_key_lives_past_its_day_and_nobody_reads_it(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    covered, later = make_key(account, age=31), make_key(account, age=10)
    hold(account, CONTENT)
    assert plan.plan(region, clock.today()) == []
    assert enforce.enforce(region, clock.today()).keys == 0
    assert living(region) == {covered.id, later.id}
    assert not readable(region, covered)
    assert readable(region, later), "what is not due is used as before"
    assert verify.verify(region).ok


def test_what_is_not_covered_expires_on_time(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    other = uuid7()
    gone = [
        make_key(other, age=31),
        make_key(account, age=45),
        make_key(account, age=31),
        make_key(account, data_class=NUMBER, age=95, days=90),
    ]
    kept = make_key(account, age=35)
    hold(account, CONTENT, first=40, last=33)
    hold(account, NUMBER, first=200, released=True)
    assert enforce.enforce(region, clock.today()).keys == len(gone)
    assert living(region) == {kept.id}


def test_what_an_instruction_lets_die_is_kept_and_restricted(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    """The key's own day is far off: readers would go by it."""
    twice = [make_key(account, age=10), make_key(account, age=10, days=60)]
    instruct(account, CONTENT, 7)
    hold(account, CONTENT)
    before = verify.verify(region, clock.today())
    assert {one["kind"] for one in before.culprits} == {"held key past its due day that can be read"}
    assert enforce.enforce(region, clock.today()).keys == 0
    assert living(region) == {key.id for key in twice}
    assert not any(readable(region, key) for key in twice)
    assert verify.verify(region, clock.today()).ok
    # It still opens, for the day on which the authority asks for it, and is carried into the next epoch.
    carrying.carry_over(region)
    assert living(region) == {key.id for key in twice}


def instruct(account_id: UUID, data_class: int, days: int) -> None:
    with as_owner("default") as connection:
        connection.execute(
            "INSERT INTO privacy_retentioninstruction (id, account_id, data_class, days, instructed_at, effective_at) "
            "VALUES (%s, %s, %s, %s, %s, %s)",
            [uuid7(), account_id, data_class, days, clock.now() - 3 * DAY, clock.now() - 2 * DAY],
        )
    assert instructions.in_force(account_id, data_class, clock.now()) == days


def test_release_continues_the_erasure_at_once(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    keys = [make_key(account, age=31), make_key(account, age=10)]
    instruct(account, CONTENT, 7)
    placed = hold(account, CONTENT)
    nightly.run(region, clock.today())
    assert living(region) == {key.id for key in keys}
    let_go(placed)
    tasks.hold_released(region, str(placed))
    assert living(region) == set()
    assert verify.verify(region).ok
    tasks.hold_released(region, str(placed))
    assert verify.verify(region).ok, "told twice, done once"


def test_the_night_does_what_the_task_of_a_release_does_if_that_is_lost(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    make_key(account, age=31)
    placed = hold(account, CONTENT)
    nightly.run(region, clock.today())
    assert not registered.of("hold.released")
    let_go(placed)
    nightly.run(region, clock.today())
    assert living(region) == set()
    assert registered.of("hold.released") == [{"alias": region, "account_id": account}]
    with clock.travel(by=11 * DAY):
        nightly.run(region, clock.today())
    assert len(registered.of("hold.released")) == 1


def test_no_covered_message_is_erased_by_hand(region: str, account: UUID, registered: Registered) -> None:
    covered, free = write(region, account, age=10), write(region, account, age=3)
    with as_owner(region) as connection:
        connection.execute(
            "UPDATE messaging_message SET state = %s WHERE account_id = %s", [DECIDED, account]
        )
    hold(account, NUMBER, first=12, last=8)
    erased = erase_messages(region, account, [covered, free], actor_id=None, actor_kind="system")
    assert erased == [free]
    assert rows(region, account) == {covered}


def test_a_closed_account_keeps_the_days_held_and_they_go_with_the_release(
    region: str, account: UUID, registered: Registered
) -> None:
    covered, free = write(region, account, age=5), write(region, account, age=2)
    placed = hold(account, CONTENT, NUMBER, first=6, last=4)
    closing.erase_traffic(region, account, uuid7())
    messages_closing.erase(region, account)
    assert rows(region, account) == {covered}
    assert look(region, account, covered)[:2] == ("", ""), "kept, and read by nobody"
    assert len(living(region)) == 2
    let_go(placed)
    tasks.hold_released(region, str(placed))
    assert living(region) == set()
    messages_closing.erase(region, account)
    assert rows(region, account) == set()
    assert free not in rows(region, account)


def test_a_day_that_a_hold_alone_keeps_loses_everybody_elses_rows(
    region: str, account: UUID, registered: Registered
) -> None:
    other = uuid7()
    covered, theirs = write(region, account, age=100), write(region, other, age=100)
    with as_owner(region) as connection:
        connection.execute("UPDATE messaging_message SET state = %s", [DECIDED])
    placed = hold(account, NUMBER)
    enforce.enforce(region, clock.today())
    sweep.sweep(alias=region, cutoff_on=clock.today())
    assert theirs not in rows(region, other)
    assert rows(region, account) == {covered}
    assert partition_of(region, clock.today() - 100 * DAY)
    let_go(placed)
    enforce.enforce(region, clock.today())
    sweep.sweep(alias=region, cutoff_on=clock.today())
    assert not partition_of(region, clock.today() - 100 * DAY)


def partition_of(alias: str, day: date) -> bool:
    with system_scope("test", using=(alias,)), connections[alias].cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"{Message._meta.db_table}_{day:%Y%m%d}"])
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("database", ["default", "nowhere", ""])
def test_a_release_names_a_database_of_ours(
    region: str, account: UUID, make_key: MakeKey, registered: Registered, database: str
) -> None:
    key = make_key(account, age=31)
    placed = hold(account, CONTENT)
    tasks.hold_released(database, str(placed))
    assert living(region) == {key.id}
