"""Each alarm rings over real state and falls silent when it is mended; what cannot be looked at hides no other."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connections
from django.test import Client

from messaging.erasure.models import ErasedDay
from paasoo_portal.core import clock, health, heartbeat, partitions
from paasoo_portal.core.tenancy import system_scope
from privacy import journal, keys
from privacy.alarms import night
from privacy.alarms.evaluate import evaluate
from privacy.alarms.models import RUNBOOK, Kind, Severity
from privacy.certificates.models import Certificate
from privacy.journal import guard as journal_guard
from privacy.keys import nightly as carrying
from privacy.keys.snapshots import take
from privacy.keys.vault import vault
from privacy.preservation import tasks as preservation
from privacy.retention import clock_guard, nightly, rows
from tests.privacy.conftest import Registered, as_owner
from tests.privacy.test_preservation import as_user, hold

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
ALIASES = list(django_settings.TRAFFIC_ALIASES)


def whole_night() -> None:
    """Everything that a night brings, and the signs of life of whoever brings it."""
    today = clock.today()
    for alias in ALIASES:
        nightly.run(alias, today)
        carrying.run(alias, today)
        partitions.ensure_ahead(alias)
    for alias in ("default", *ALIASES):
        rows.run(alias, today)
        nightly.check(alias, today)
    signs_of_life()


def signs_of_life() -> None:
    heartbeat.beat("beat")
    for alias in ALIASES:
        heartbeat.beat(f"dispatcher.{alias}", alias)
        take.take(alias)


def rings(kind: Kind, database: str | None = None) -> list[str]:
    """The databases in which an alarm of the kind rings."""
    found = [one.database for one in evaluate().findings if one.kind is kind]
    return [one for one in found if database in {None, one}]


def told(*, code: int) -> dict[str, Any]:
    """What the command says to somebody outside, and how it ends."""
    out = StringIO()
    try:
        call_command("retention", "alarms", "--json", stdout=out)
        ended = 0
    except SystemExit as end:
        ended = int(end.code or 0)
    assert ended == code, out.getvalue()
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def test_a_new_portal_is_silent_and_its_first_night_keeps_it_so(world: str) -> None:
    assert evaluate().findings == []
    assert told(code=0) == {"ok": True, "alarms": []}
    with clock.travel(to=clock.midnight(clock.today() + DAY) + HOUR):
        signs_of_life()
        assert evaluate().findings == [], "the hours by which a night is done have not come"
        whole_night()
    with clock.travel(to=clock.midnight(clock.today() + DAY) + 23 * HOUR):
        signs_of_life()
        assert evaluate().findings == []


@pytest.mark.parametrize(
    ("kind", "hour"),
    [
        (Kind.ENFORCEMENT, 2),
        (Kind.SWEEP, 2),
        (Kind.ROWS, 3),
        (Kind.CARRY_OVER, 4),
        (Kind.VERIFICATION, 5),
    ],
)
def test_a_part_of_the_night_that_is_not_done_by_its_hour(world: str, kind: Kind, hour: int) -> None:
    part = next(one for one in night.PARTS if one.kind is kind)
    everywhere = {*ALIASES, "default"} if part.control else set(ALIASES)
    by = clock.midnight(clock.today() + DAY) + hour * HOUR
    with clock.travel(to=by - MINUTE):
        assert rings(kind) == []
    with clock.travel(to=by + MINUTE):
        found = [one for one in evaluate().findings if one.kind is kind]
        assert {one.database for one in found} == everywhere
        assert {one.since_at for one in found} == {by}
        whole_night()
        assert rings(kind) == []


def test_a_day_later_a_late_night_is_critical(world: str) -> None:
    with clock.travel(to=clock.midnight(clock.today() + DAY) + 6 * HOUR):
        grave = {one.kind: one.severity for one in evaluate().findings}
    assert grave[Kind.ENFORCEMENT] == Severity.CRITICAL
    assert grave[Kind.CARRY_OVER] == Severity.WARNING
    with clock.travel(to=clock.midnight(clock.today() + 2 * DAY) + 6 * HOUR):
        assert {one.severity for one in evaluate().findings if one.kind is Kind.CARRY_OVER} == {
            Severity.CRITICAL
        }


class TestEvidence:
    def test_a_vault_that_is_gone(self, world: str) -> None:
        folder = Path(urlsplit(django_settings.KEY_VAULT_URL).path)
        shutil.move(folder, folder.with_name("away"))
        vault().forget()
        found = [one for one in evaluate().findings if one.kind is Kind.GUARD]
        assert {one.database for one in found} == set(ALIASES)
        assert all(one.problem and one.severity is Severity.CRITICAL for one in found)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.move(folder.with_name("away"), folder)
        vault().forget()
        assert rings(Kind.GUARD) == []

    def test_a_control_plane_that_is_an_old_copy(self, world: str) -> None:
        with as_owner("default") as connection:
            marks = connection.execute("DELETE FROM privacy_journalmark RETURNING *").fetchall()
        journal_guard.forget()
        assert rings(Kind.GUARD) == ["default"]
        with as_owner("default") as connection, connection.cursor() as cursor:
            cursor.executemany("INSERT INTO privacy_journalmark VALUES (%s, %s, %s)", marks)
        assert rings(Kind.GUARD) == []

    def test_a_clock_that_jumped_until_a_human_has_looked(self, world: str) -> None:
        here = clock_guard.read()
        ahead = clock_guard.Reading(here.boot_id, here.wall_at + DAY, here.boot_seconds + 86_400)
        clock_guard.accept(ahead)
        assert set(rings(Kind.CLOCK)) == set(ALIASES)
        clock_guard.accept()
        assert rings(Kind.CLOCK) == []

    def test_what_the_nights_check_has_found(self, world: str, account: UUID) -> None:
        with clock.travel(by=-40 * DAY), system_scope("test", using=(world,)):
            start = clock.today()
            keys.for_sealing(world, account, keys.DataClass.CONTENT, start, start + 30 * DAY)
        assert nightly.check(world, clock.today()) == 1
        found = next(one for one in evaluate().findings if one.kind is Kind.CULPRITS)
        assert (found.database, found.detail) == (
            world,
            {"n": 1, "by_kind": {"key past its due day": 1}},
        )
        nightly.run(world, clock.today())
        assert nightly.check(world, clock.today()) == 0
        assert rings(Kind.CULPRITS) == []

    @pytest.mark.parametrize(
        "harm",
        [
            "UPDATE privacy_certificate SET body = replace(body, '2026', '2027') WHERE number = 2",
            "UPDATE privacy_certificate SET previous_digest = repeat('0', 64) WHERE number = 3",
            "DELETE FROM privacy_certificate WHERE number = 2",
            "UPDATE privacy_certificate SET digest = repeat('a', 64) WHERE number = 3",
        ],
    )
    def test_a_chain_of_certificates_that_was_touched(self, world: str, account: UUID, harm: str) -> None:
        for age in (31, 32, 33):
            with clock.travel(by=-age * DAY), system_scope("test", using=(world,)):
                start = clock.today()
                keys.for_sealing(world, account, keys.DataClass.CONTENT, start, start + 30 * DAY)
            nightly.run(world, clock.today())
        assert rings(Kind.CERTIFICATES) == []
        kept = {one.number: one for one in Certificate.objects.all()}
        with as_owner("default") as connection:
            connection.execute(harm)
        assert rings(Kind.CERTIFICATES) == ["default"]
        with as_owner("default") as connection:
            connection.execute("TRUNCATE privacy_certificate")
        for one in kept.values():
            one.save(force_insert=True)
        assert rings(Kind.CERTIFICATES) == []

    def test_erasures_left_undecided(self, world: str) -> None:
        with clock.travel(by=-4 * HOUR):
            left = journal.journal().append("enforce", "intent", world, {})
        assert left is not None
        found = next(one for one in evaluate().findings if one.kind is Kind.JOURNAL)
        assert (found.database, found.detail) == (world, {"n": 1})
        journal.journal().append("enforce", "void", world, of=left.number)
        assert rings(Kind.JOURNAL) == []


class TestWorkLeft:
    def test_an_erased_day_that_was_not_sealed_anew(self, world: str, account: UUID) -> None:
        then = clock.now() - 3 * DAY
        with system_scope("test", using=(world,)):
            one = ErasedDay.objects.using(world).create(
                account_id=account, day=then.date(), first_at=then, last_at=then
            )
        assert rings(Kind.RESEAL) == [world]
        with system_scope("test", using=(world,)):
            ErasedDay.objects.using(world).filter(pk=one.pk).delete()
        assert rings(Kind.RESEAL) == []

    def test_a_hold_that_a_region_does_not_know(
        self, world: str, account: UUID, registered: Registered
    ) -> None:
        hold(account, placed_at=clock.now() - 2 * HOUR)
        assert set(rings(Kind.PRESERVATION)) == set(ALIASES)
        for alias in ALIASES:
            preservation.preserve(alias)
        assert rings(Kind.PRESERVATION) == []

    def test_days_ahead_that_run_out(self, world: str) -> None:
        model = partitions.partitioned_models()[0]
        ahead = [one for one in partitions.existing_days(world, model._meta.db_table) if one > clock.today()]
        for day in ahead[5:]:
            partitions.drop(world, model._meta.db_table, day)
        found = next(one for one in evaluate().findings if one.kind is Kind.PARTITIONS)
        assert (found.database, found.detail["days"], found.severity) == (world, 6, Severity.WARNING)
        for day in ahead[:5]:
            partitions.drop(world, model._meta.db_table, day)
        found = next(one for one in evaluate().findings if one.kind is Kind.PARTITIONS)
        assert found.severity is Severity.CRITICAL
        partitions.ensure_ahead(world)
        assert rings(Kind.PARTITIONS) == []

    def test_a_key_snapshot_that_is_too_old(self, world: str) -> None:
        for first in (True, False):
            with clock.travel(by=(3 if first else 7) * HOUR + MINUTE):
                assert set(rings(Kind.SNAPSHOT)) == set(ALIASES)
                signs_of_life()
                assert rings(Kind.SNAPSHOT) == []

    @pytest.mark.parametrize(("kind", "where"), [(Kind.BEAT, ["default"]), (Kind.DISPATCHER, ALIASES)])
    def test_a_process_without_a_sign_of_life(self, world: str, kind: Kind, where: list[str]) -> None:
        signs_of_life()
        with clock.travel(by=6 * MINUTE):
            assert rings(kind) == where
            signs_of_life()
            assert rings(kind) == []


class TestNotLookedAt:
    def test_a_database_that_does_not_answer_hides_no_other(self, world: str) -> None:
        other = next(alias for alias in ALIASES if alias != world)
        with clock.travel(to=clock.midnight(clock.today() + DAY) + 3 * HOUR):
            with down(other):
                look = evaluate()
            found = {(one.kind, one.database): one for one in look.findings}
            assert found[Kind.UNCHECKED, other].detail["errors"] == {"reach": "OperationalError"}
            assert (Kind.ENFORCEMENT, world) in found
            assert (Kind.ENFORCEMENT, other) not in found
            assert (Kind.ENFORCEMENT.value, other) in look.unknown
            assert (Kind.ENFORCEMENT, other) in {(one.kind, one.database) for one in evaluate().findings}, (
                "and it rings again when it answers"
            )

    def test_a_control_plane_that_does_not_answer_is_an_answer(self, world: str) -> None:
        with down("default"):
            answer = told(code=1)
        assert [(one["kind"], one["database"]) for one in answer["alarms"]] == [("unchecked", "default")]
        assert told(code=0)["ok"]

    def test_a_condition_that_fails_is_an_alarm_itself(self, world: str, tmp_path: Path) -> None:
        snapshots = Path(urlsplit(django_settings.KEY_SNAPSHOT_URL).path)
        signs_of_life()
        (snapshots / world / "zz-nonsense.snapshot").write_bytes(b"")
        with clock.travel(to=clock.midnight(clock.today() + DAY) + 3 * HOUR):
            found = {(one.kind, one.database): one for one in evaluate().findings}
        assert found[Kind.UNCHECKED, world].detail["errors"] == {"snapshot": "ValueError"}
        assert (Kind.ENFORCEMENT, world) in found, "what comes before and after it is told all the same"
        assert (Kind.DISPATCHER, world) in found
        (snapshots / world / "zz-nonsense.snapshot").unlink()
        assert rings(Kind.UNCHECKED) == []


class TestOutside:
    def test_the_command_says_what_since_when_and_what_to_do(self, world: str) -> None:
        with clock.travel(to=clock.midnight(clock.today() + DAY) + 3 * HOUR):
            first = told(code=1)["alarms"][0]
            assert first["kind"] == "enforcement"
            assert first["late_seconds"] == 3600
            assert datetime.fromisoformat(first["since"]) == clock.midnight(clock.today()) + 2 * HOUR
            assert "retention enforce" in first["do"]
            assert first["runbook"] == f"{RUNBOOK}#alarm-enforcement"
            out = StringIO()
            with pytest.raises(SystemExit):
                call_command("retention", "alarms", stdout=out)
            assert "CRITICAL" in out.getvalue()
            assert "What is due was not erased on time" in out.getvalue()

    def test_readyz_tells_of_a_late_night_without_any_beat(self, world: str) -> None:
        assert health.parts()["retention"] == {"ok": True}
        with clock.travel(to=clock.midnight(clock.today() + DAY) + 3 * HOUR):
            part = health.parts()["retention"]
            assert (part["ok"], part["error"]) == (False, "late")
            assert set(part["late_seconds"]) == set(ALIASES)
            for alias in ALIASES:
                nightly.run(alias, clock.today())
            assert health.parts()["retention"] == {"ok": True}

    def test_readyz_tells_when_nobody_looks_any_more(self, world: str) -> None:
        heartbeat.beat(night.ROUND)
        with clock.travel(by=21 * MINUTE):
            assert health.parts()["retention"] == {"ok": False, "error": "unwatched"}

    def test_readyz_answers_503_then(self, world: str) -> None:
        client = Client()
        with clock.travel(to=clock.midnight(clock.today() + DAY) + 3 * HOUR):
            answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["parts"]["retention"]["error"] == "late"

    def test_asked_by_a_role_that_sees_one_account_it_does_not_pretend(self, world: str) -> None:
        with as_user("paasoo_app"):
            first = next(one for one in told(code=1)["alarms"] if one["kind"] == "unchecked")
        assert first["detail"]["errors"] == {"role": "PermissionError"}
        assert told(code=0)["ok"]

    def test_every_alarm_has_its_row_in_the_operators_handbook(self) -> None:
        handbook = (Path(django_settings.BASE_DIR) / RUNBOOK).read_text()
        for kind in Kind:
            anchor = kind.runbook.split("#")[1]
            assert f'<a id="{anchor}"></a>' in handbook, anchor


def down(alias: str) -> Any:
    """Away for a while: the name leads to no database."""
    return _Down(alias)


class _Down:
    def __init__(self, alias: str) -> None:
        self._alias = alias

    def __enter__(self) -> None:
        connection = connections[self._alias]
        connection.close()
        self._name = connection.settings_dict["NAME"]
        connection.settings_dict["NAME"] = "paasoo_that_is_not_there"

    def __exit__(self, *_: object) -> None:
        connections[self._alias].close()
        connections[self._alias].settings_dict["NAME"] = self._name
