"""The carry-over: what lives is carried, what is erased is not, at whatever point it is killed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connections

from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import system_scope
from privacy import keys
from privacy.certificates.models import Certificate
from privacy.keys import carry_over as carrying
from privacy.keys import epochs, guard, locks, nightly, status
from privacy.keys.vault import vault
from privacy.retention import runs, verify
from tests.privacy.conftest import MakeKey, as_owner

PLACE = {"table": "messaging_message", "column": "content_sealed"}
FAULTS = [
    "carry_over.created",
    "carry_over.opened",
    "carry_over.batch",
    "carry_over.rewrapped",
    "carry_over.before_drop",
    "carry_over.dropped",
    "carry_over.destroyed",
]


pytestmark = pytest.mark.usefixtures("own_vault")


@pytest.fixture(params=["vault_folder", "vault_kms"])
def own_vault(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(request.param)


def epochs_in(alias: str) -> dict[int, str]:
    return {row.number: row.state for row in guard.epochs_of(alias)}


def living_ids(alias: str) -> list[UUID]:
    with as_owner(alias) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM privacy_datakey ORDER BY id").fetchall()]


def opens(alias: str, key_id: UUID, sealed: bytes, row: UUID) -> bytes:
    keys.forget()
    with system_scope("test", using=(alias,)):
        return keys.opener(alias).open(key_id, sealed, **PLACE, row=row)


def test_living_keys_are_carried_and_open_as_before(region: str, make_key: MakeKey) -> None:
    row = uuid7()
    made = [make_key(uuid7(), age=age) for age in range(5)]
    sealed = {key.id: key.seal(b"text", **PLACE, row=row) for key in made}
    done = carrying.carry_over(region)
    assert (done.epoch, done.carried, done.census, done.destroyed) == (2, 5, 5, [])
    assert living_ids(region) == sorted(sealed)
    for key_id, value in sealed.items():
        assert opens(region, key_id, value, row) == b"text"
    assert not epochs.partition_exists(region, 1)


def test_epoch_keys_go_after_the_promised_number_of_carry_overs(region: str, make_key: MakeKey) -> None:
    """With w epochs kept, a key erased in epoch 1 is beyond everybody's reach after w + 1 carry-overs."""
    make_key(uuid7())
    w = django_settings.EPOCHS_KEPT
    for number in range(1, w + 1):
        assert carrying.carry_over(region).destroyed == []
        assert vault().epochs(region) == list(range(1, number + 2))
    assert carrying.carry_over(region).destroyed == [1]
    assert vault().epochs(region) == list(range(2, w + 3))
    assert epochs_in(region)[1] == "destroyed"
    assert verify.verify(region).ok


def test_an_old_wrapped_key_opens_nothing_after_the_bound(region: str, make_key: MakeKey) -> None:
    """What a dump of before holds: the wrapped key. What exists then: the vault as it is then."""
    key = make_key(uuid7())
    with as_owner(region) as connection:
        epoch, wrapped = connection.execute("SELECT epoch, wrapped FROM privacy_datakey").fetchone()  # type: ignore[misc]
    for _ in range(django_settings.EPOCHS_KEPT + 1):
        carrying.carry_over(region)
    vault().forget()
    with pytest.raises(keys.EpochDestroyed):
        vault().unwrap(region, epoch, bytes(wrapped), b"")
    assert living_ids(region) == [key.id]


def test_keys_made_while_it_runs_are_not_lost(region: str, make_key: MakeKey) -> None:
    stop = threading.Event()
    made: list[UUID] = []

    def create() -> None:
        try:
            while not stop.is_set():
                made.append(make_key(uuid7()).id)
        finally:
            connections.close_all()

    creators = [threading.Thread(target=create) for _ in range(3)]
    for creator in creators:
        creator.start()
    for _ in range(6):
        carrying.carry_over(region)
        time.sleep(0.02)
    stop.set()
    for creator in creators:
        creator.join()
    assert len(made) > 20
    assert living_ids(region) == sorted(made)
    keys.forget()
    with system_scope("test", using=(region,)):
        assert len(keys.living(region, None, made)) == len(made)


def test_two_at_once_do_it_once(region: str, make_key: MakeKey) -> None:
    make_key(uuid7())
    day = clock.today()
    results: list[object] = []
    barrier = threading.Barrier(2)

    def beat() -> None:
        barrier.wait()
        try:
            results.append(nightly.run(region, day))
        except locks.Busy:
            results.append(None)
        finally:
            connections.close_all()

    beats = [threading.Thread(target=beat) for _ in range(2)]
    for one in beats:
        one.start()
    for one in beats:
        one.join()
    assert nightly.run(region, day) is None
    assert len(results) == 2
    assert epochs_in(region) == {1: "kept", 2: "open"}


def test_one_that_read_the_run_before_another_finished_it_does_not_repeat_it(
    region: str, make_key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second beat has read its row, then sleeps until the first is through."""
    make_key(uuid7())
    day, real = clock.today(), runs.begin

    def slow(*arguments: Any) -> Any:
        found = real(*arguments)
        time.sleep(0.5)
        return found

    def first() -> None:
        try:
            nightly.run(region, day)
        finally:
            connections.close_all()

    beat = threading.Thread(target=first)
    monkeypatch.setattr(runs, "begin", slow)
    beat.start()
    time.sleep(0.1)
    with suppress(locks.Busy):
        nightly.run(region, day)
    beat.join()
    assert epochs_in(region) == {1: "kept", 2: "open"}


@pytest.mark.parametrize("point", FAULTS)
def test_killed_at_any_point_it_takes_up_where_it_stopped(
    region: str, make_key: MakeKey, point: str, tmp_path: Path
) -> None:
    row = uuid7()
    made = [make_key(uuid7(), age=age) for age in range(4)]
    sealed = {key.id: key.seal(b"text", **PLACE, row=row) for key in made}
    if point == "carry_over.destroyed":
        for _ in range(django_settings.EPOCHS_KEPT):
            carrying.carry_over(region)
    before = max(epochs_in(region))
    died = in_child(region, faults=f"{point}:1")
    assert died.returncode == 137, died.stderr
    late = make_key(uuid7())  # accepting goes on between the crash and the next try
    sealed[late.id] = late.seal(b"text", **PLACE, row=row)
    finished = in_child(region)
    assert finished.returncode == 0, finished.stderr
    states = epochs_in(region)
    assert max(states) == before + 1, "one carry-over, not two"
    assert [number for number, state in states.items() if state == "open"] == [before + 1]
    assert living_ids(region) == sorted(sealed)
    for key_id, value in sealed.items():
        assert opens(region, key_id, value, row) == b"text"
    assert verify.verify(region).ok
    assert verify.verify_certificates().ok


def test_a_census_that_finds_a_gap_drops_nothing(
    region: str, make_key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_key(uuid7())
    monkeypatch.setattr(carrying, "_rewrap", lambda alias, old, new: 0)
    with pytest.raises(carrying.CensusFailed):
        carrying.carry_over(region)
    assert epochs.partition_exists(region, 1)
    assert living_ids(region) == [made.id]
    monkeypatch.undo()
    assert carrying.carry_over(region).epoch == 2
    assert living_ids(region) == [made.id]


def test_destruction_is_certified_once(region: str, make_key: MakeKey) -> None:
    for _ in range(django_settings.EPOCHS_KEPT + 2):
        nightly.once(region)
    certificates = Certificate.objects.filter(kind="destruction").order_by("number")
    assert [f'"epoch":{number},' in one.body for number, one in zip((1, 2), certificates, strict=True)] == [
        True
    ] * 2
    assert verify.verify_certificates().ok


def test_by_hand_the_first_of_a_day_is_the_night_s_own(region: str) -> None:
    """So the order that an alarm about a missed night gives ends that alarm; further ones are a drill's."""
    before = status.epochs(region)
    assert runs.last_done(region, runs.CARRY_OVER) is None
    call_command("keys", "carry-over", "--database", region)
    done = runs.last_done(region, runs.CARRY_OVER)
    assert done is not None
    assert done.cutoff_on == clock.today()
    assert nightly.run(region, clock.today()) is None
    call_command("keys", "carry-over", "--epochs", "2", "--database", region)
    after = status.epochs(region)
    assert after["epoch"] == before["epoch"] + 3
    left = after["carry_overs_until_destruction"]
    assert after["next_destruction_on"] == f"{clock.today() + timedelta(days=left)}"
    assert after["oldest_wrap"] >= before["oldest_wrap"]


def in_child(alias: str, faults: str = "", job: str = "") -> subprocess.CompletedProcess[str]:
    """The day's carry-over (or another job) in a process of its own, which a fault kills as `kill -9` would."""
    names = {name: connections[name].settings_dict["NAME"] for name in connections}
    code = f"""
import django; django.setup()
from django.conf import settings
from django.db import connections
settings.KEY_VAULT_URL = {django_settings.KEY_VAULT_URL!r}
settings.ERASURE_JOURNAL_URL = {django_settings.ERASURE_JOURNAL_URL!r}
settings.KEY_SNAPSHOT_URL = {django_settings.KEY_SNAPSHOT_URL!r}
for alias, name in {names!r}.items(): connections[alias].settings_dict["NAME"] = name
from paasoo_portal.core import clock, hooks
from privacy.keys import nightly
from privacy.retention import enforce
hooks.handlers = lambda name: (lambda **arguments: 0,)
{job or f"nightly.run({alias!r}, clock.today())"}
"""
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PAASOO_FAULTS": faults, "PAASOO_ROLE": "worker"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
