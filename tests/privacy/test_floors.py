"""Statutory floors: switched off they do nothing; switched on they outrank instruction, erasure by hand and closing, and
keep no reader in (P-RET-12).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError

from messaging.delivery.record import Report, record
from messaging.erasure import closing as messages_closing
from messaging.erasure.services import erase_messages
from messaging.messages.models import Message
from messaging.messages.states import Actor, State
from messaging.rest.reading import details
from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import system_scope
from privacy.floors.models import StatutoryFloor
from privacy.keys.models import DataClass
from privacy.retention import bounds, closing, enforce, instructions, plan, verify
from tests.privacy.conftest import MakeKey, Registered, as_owner
from tests.privacy.test_enforcement import living, readable
from tests.privacy.test_holds import instruct, rows
from tests.privacy.test_message_life import look, write
from tests.privacy.test_preservation import as_user, decide

DAY = timedelta(days=1)
NUMBER, CONTENT = DataClass.NUMBER, DataClass.CONTENT


def switch(*, on: bool, days: int = 365) -> None:
    with as_user("paasoo_owner"):
        StatutoryFloor.objects.all().delete()
        StatutoryFloor.objects.create(
            data_class=NUMBER,
            days=days,
            jurisdiction="Ireland",
            law="Communications (Retention of Data) Act 2011",
            effective_on=clock.today() - 400 * DAY,
            switched_on=on,
        )


@pytest.fixture(autouse=True)
def none_left(committed: None) -> Iterator[None]:
    yield
    with as_user("paasoo_owner"):
        StatutoryFloor.objects.all().delete()


@pytest.mark.parametrize("on", [False, True])
def test_a_key_within_the_floor_dies_later_and_is_read_by_nobody(
    region: str, account: UUID, make_key: MakeKey, registered: Registered, on: bool
) -> None:
    number, content = make_key(account, data_class=NUMBER, age=95, days=90), make_key(account, age=31)
    switch(on=on)
    enforce.enforce(region, clock.today())
    assert living(region) == ({number.id} if on else set())
    if on:
        assert not readable(region, number)
        assert plan.plan(region, clock.today()) == []
        with clock.travel(by=270 * DAY):
            enforce.enforce(region, clock.today())
            assert living(region) == set(), "the floor is over"
    assert content.id not in living(region)
    assert verify.verify(region).ok


def test_what_an_instruction_lets_die_early_is_postponed_and_restricted(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    key = make_key(account, data_class=NUMBER, age=20, days=90)
    instruct(account, NUMBER, 7)
    switch(on=True, days=30)
    assert instructions.in_force(account, NUMBER) == 30, "an instruction below the floor counts as the floor"
    enforce.enforce(region, clock.today())
    assert living(region) == {key.id}
    with clock.travel(by=11 * DAY):
        enforce.enforce(region, clock.today())
        assert living(region) == set()


def test_new_data_is_kept_at_least_as_long_as_the_law_asks_and_less_is_refused(
    region: str, account: UUID, registered: Registered
) -> None:
    switch(on=True)
    limits = bounds.bound(NUMBER, clock.today())
    assert (limits.floor_days, limits.default_days, limits.ceiling_days) == (365, 365, 400)
    assert bounds.bound(CONTENT, clock.today()).floor_days == 0
    with as_user("paasoo_owner"), pytest.raises(ValidationError, match="between 365 and 400"):
        instructions.instruct(account_id=account, data_class=NUMBER, days=30, person_id=None)


def test_erasing_by_hand_and_closing_wait_for_the_law(
    region: str, account: UUID, registered: Registered
) -> None:
    message_id = write(region, account, age=3)
    decide(region, account)
    switch(on=True, days=30)
    assert erase_messages(region, account, [message_id], actor_id=None, actor_kind="system") == []
    closing.erase_traffic(region, account, uuid7())
    messages_closing.erase(region, account)
    assert rows(region, account) == {message_id}
    assert look(region, account, message_id)[:2] == ("", ""), "kept, and read by nobody"
    assert len(living(region)) == 1, "the number's key; the content's is gone"
    with clock.travel(by=28 * DAY):
        enforce.enforce(region, clock.today())
        assert living(region) == set()


def test_nobody_is_made_to_keep_content() -> None:
    choices = StatutoryFloor._meta.get_field("data_class").choices
    assert choices is not None
    assert CONTENT not in dict(choices)


def test_a_number_kept_for_0_days_stays_where_the_law_keeps_it_and_nobody_reads_it(
    region: str, account: UUID, registered: Registered
) -> None:
    switch(on=True)
    message_id = write(region, account, age=0, days=(0, 0))
    with as_owner(region) as connection:
        connection.execute(
            "UPDATE messaging_message SET state = %s WHERE id = %s", [int(State.SENT), message_id]
        )
    report = Report(account, message_id, State.DELIVERED, Actor.CARRIER, clock.now())
    with system_scope("test", using=(region,)):
        assert record(region, [report]) == 1
        message = Message.objects.using(region).get(pk=message_id)
        assert details(region, account, [message])[0]["number"] is None
    assert message.number_sealed is not None
    assert message.content_sealed is message.number_token is None
