"""What a customer erases early leaves back-ups too: the night seals what stays anew and lets the former keys die.

P-WHO-3, P-RET-7.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings

from messaging.erasure import end_users, reseal
from messaging.erasure.models import ErasedDay
from messaging.erasure.services import erase_messages
from messaging.messages.models import Message
from messaging.messages.states import FINAL
from paasoo_portal.core import clock
from paasoo_portal.core.tenancy import scope, system_scope
from privacy import keys
from privacy.certificates.models import Certificate
from privacy.certificates.verify import verify_chain
from privacy.keys import carry_over as carrying
from privacy.keys import store
from privacy.keys.models import DataClass
from privacy.keys.vault import vault
from privacy.retention import nightly, verify
from tests.privacy.conftest import PLACES, Registered, as_owner
from tests.privacy.test_enforcement import living
from tests.privacy.test_holds import hold, let_go
from tests.privacy.test_message_life import NUMBER, TEXT, found_by_number, look, write

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _days(region: str, registered: Registered) -> None:
    """The stand-in for counters; everything else is the product's own."""
    with as_owner(region) as connection:
        connection.execute("TRUNCATE messaging_erasedday")


def decided(alias: str, account: UUID, age: int) -> UUID:
    """A delivered message of some days ago."""
    made = write(alias, account, age)
    with as_owner(alias) as connection:
        connection.execute(
            "UPDATE messaging_message SET state = %s WHERE id = %s AND account_id = %s",
            [min(FINAL), made, account],
        )
    return made


def row(alias: str, account: UUID, message: UUID) -> dict[str, Any]:
    with scope(account, using=(alias,)):
        return dict(Message.objects.using(alias).filter(pk=message).values().get())


def wrapped(alias: str, ids: set[UUID]) -> list[store.KeyRow]:
    """The keys as a back-up of this moment would hold them."""
    with system_scope("test", using=(alias,)):
        return store.by_ids(alias, ids)


def erase(alias: str, account: UUID, *messages: UUID) -> list[UUID]:
    return erase_messages(alias, account, messages, actor_id=None, actor_kind="system")


def test_one_erased_message_takes_the_former_keys_and_its_neighbours_live_on(
    region: str, account: UUID
) -> None:
    gone, stays = decided(region, account, 5), decided(region, account, 5)
    before, copy = row(region, account, stays), row(region, account, gone)
    backup = wrapped(region, living(region))
    assert erase(region, account, gone) == [gone]
    nightly.run(region, clock.today())
    after = row(region, account, stays)
    assert look(region, account, stays) == (TEXT, f"+{NUMBER}", True)
    assert found_by_number(region, account, clock.today() - 30 * DAY) == [stays]
    for column in ("content_key_id", "number_key_id", "content_sealed", "number_sealed", "number_token"):
        assert after[column] != before[column]
    assert after["state"] == before["state"]
    with system_scope("test", using=(region,)), pytest.raises(keys.Erased):
        keys.open_sealed(
            region,
            account,
            copy["content_key_id"],
            copy["content_sealed"],
            table="messaging_message",
            column="content_sealed",
            row=gone,
        )
    for _ in range(settings.EPOCHS_KEPT + 1):
        carrying.carry_over(region)
    for old in backup:
        with pytest.raises(keys.EpochDestroyed):
            vault().unwrap(region, old.epoch, bytes(old.wrapped), old.context(region))
    assert look(region, account, stays)[0] == TEXT, "what lives is carried over"
    assert verify.verify(region).ok


def test_a_certificate_says_what_when_and_which_keys(region: str, account: UUID) -> None:
    gone = [decided(region, account, 5) for _ in range(3)]
    decided(region, account, 5)
    at = clock.now()
    erase(region, account, *gone)
    nightly.run(region, clock.today())
    [issued] = Certificate.objects.filter(account_id=account, kind="erasure")
    told = json.loads(issued.body)
    assert told["messages_erased"] == 3
    assert [line["class"] for line in told["erased"]] == ["content", "number"]
    assert {line["keys"] for line in told["erased"]} == {1}
    assert told["ordered_at"] >= at.isoformat()
    assert told["everywhere"]["after_completed_carry_overs"] == settings.EPOCHS_KEPT + 1
    assert verify_chain().ok


def test_a_number_is_erased_on_every_day_and_others_numbers_stay(region: str, account: UUID) -> None:
    days = [decided(region, account, age) for age in (3, 9, 20)]
    found = end_users.messages_of(region, account, NUMBER, clock.today() - 30 * DAY, clock.today())
    assert found == sorted(days)
    before = living(region)
    erase(region, account, *found)
    nightly.run(region, clock.today())
    assert living(region).isdisjoint(before)
    assert found_by_number(region, account, clock.today() - 30 * DAY) == []
    assert Certificate.objects.filter(account_id=account, kind="erasure").count() == 3


def test_todays_messages_wait_for_the_next_night(region: str, account: UUID) -> None:
    gone, stays = decided(region, account, 0), decided(region, account, 0)
    erase(region, account, gone)
    nightly.run(region, clock.today())
    assert not Certificate.objects.filter(account_id=account, kind="erasure").exists()
    with clock.travel(by=DAY):
        nightly.run(region, clock.today())
        assert look(region, account, stays)[0] == TEXT
        assert Certificate.objects.filter(account_id=account, kind="erasure").count() == 1


def test_many_rows_go_in_batches_and_none_is_lost(
    region: str, account: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reseal, "BATCH", 3)
    stays = [decided(region, account, 4) for _ in range(10)]
    erase(region, account, decided(region, account, 4))
    nightly.run(region, clock.today())
    assert [look(region, account, one)[0] for one in stays] == [TEXT] * 10
    assert sorted(found_by_number(region, account, clock.today() - 30 * DAY)) == sorted(stays)


def test_erasing_again_meanwhile_waits_for_the_next_night_and_twice_does_nothing(
    region: str, account: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, stays = (decided(region, account, 4) for _ in range(3))
    erase(region, account, first)
    real = reseal.issue.erasure

    def slow(**given: Any) -> Any:
        erase(region, account, second)
        return real(**given)

    with monkeypatch.context() as during:
        during.setattr(reseal.issue, "erasure", slow)
        nightly.run(region, clock.today())
    with system_scope("test", using=(region,)):
        [left] = ErasedDay.objects.using(region).filter(account_id=account)
    assert left.messages == 1
    nightly.run(region, clock.today())
    nightly.run(region, clock.today())
    with system_scope("test", using=(region,)):
        assert not ErasedDay.objects.using(region).filter(account_id=account).exists()
    told = Certificate.objects.filter(account_id=account, kind="erasure")
    assert told.count() == 2
    assert look(region, account, stays)[0] == TEXT
    assert verify.verify(region).ok


def test_what_a_hold_preserves_waits_for_its_release(region: str, account: UUID) -> None:
    gone, stays = decided(region, account, 4), decided(region, account, 4)
    before = living(region)
    erase(region, account, gone)
    placed = hold(account, DataClass.CONTENT, DataClass.NUMBER)
    nightly.run(region, clock.today())
    assert living(region) == before
    assert verify.verify(region).ok, "waiting for a hold is not being late"
    let_go(placed)
    nightly.run(region, clock.today())
    assert living(region).isdisjoint(before)
    assert look(region, account, stays)[0] == TEXT


def test_verify_names_a_day_that_was_not_sealed_anew(region: str, account: UUID) -> None:
    erase(region, account, decided(region, account, 4))
    with clock.travel(by=3 * DAY):
        found = verify.verify(region)
        assert "erased day not sealed anew" in {one["kind"] for one in found.culprits}
        nightly.run(region, clock.today())
        assert verify.verify(region).ok


@pytest.mark.parametrize("point", ["renewal.batch", "renewal.buried", "reseal.certified"])
def test_a_crash_anywhere_is_taken_up_and_nothing_living_is_lost(
    region: str, account: UUID, point: str
) -> None:
    gone, stays = decided(region, account, 4), decided(region, account, 4)
    before = living(region)
    erase(region, account, gone)
    crashed = subprocess.run(
        [sys.executable, "manage.py", "retention", "enforce", "--database", region, "--accept-clock"],
        cwd=settings.BASE_DIR,
        env=os.environ
        | {
            "PAASOO_FAULTS": f"{point}:1",
            "PAASOO_ROLE": "worker",
            **{name: getattr(settings, name) for name in PLACES},
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert crashed.returncode == 137, crashed.stderr[-2000:]
    keys.forget()
    vault().forget()
    assert look(region, account, stays)[0] == TEXT, "readable in between"
    nightly.run(region, clock.today())
    assert look(region, account, stays) == (TEXT, f"+{NUMBER}", True)
    assert living(region).isdisjoint(before)
    assert Certificate.objects.filter(account_id=account, kind="erasure").count() == 1
    assert verify.verify(region).ok
