"""The round: one letter when something begins, one a day while it lasts, one when it is over; and the sign to the outside."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from smtplib import SMTPException
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.db import connections

from accounts import staff_roles
from accounts.models import Person
from paasoo_portal.core import clock, heartbeat
from paasoo_portal.core.tenancy import system_scope
from privacy import keys
from privacy.alarms import services, tasks
from privacy.alarms.models import Alarm, Kind, Standing
from privacy.alarms.night import ROUND
from privacy.holds.models import Scope
from tests.privacy.conftest import as_owner
from tests.privacy.test_alarms import ALIASES, DAY, HOUR, MINUTE, down, signs_of_life, whole_night
from tests.privacy.test_carry_over import in_child
from tests.privacy.test_preservation import hold


@pytest.fixture
def staff(world: str) -> Iterator[dict[str, Person]]:
    """One of each role, one who left, and one who may do everything."""
    found = {}
    for role in staff_roles.ROLES:
        name = role.split()[0]
        found[role] = Person.objects.create(email=f"{name}@example.com", name=name, is_staff=True)
        found[role].groups.add(Group.objects.get(name=role))
    found["left"] = Person.objects.create(email="left@example.com", is_staff=False, is_active=False)
    found["left"].groups.add(Group.objects.get(name=staff_roles.OPERATOR))
    found["super"] = Person.objects.create(email="super@example.com", is_staff=True, is_superuser=True)
    mail.outbox = []
    yield found
    Person.objects.filter(pk__in=[one.pk for one in found.values()]).delete()


def letters() -> list[Any]:
    """What was sent since the last look."""
    sent, mail.outbox = list(mail.outbox), []
    return sent


def test_begun_once_again_each_day_and_over_once(world: str, staff: dict[str, Person]) -> None:
    services.go_round()
    assert letters() == []
    begun = clock.midnight(clock.today() + DAY) + 2 * HOUR + MINUTE
    for minutes in (0, 5, 10, 60, 23 * 60):
        with clock.travel(to=begun + minutes * MINUTE):
            signs_of_life()
            services.go_round()
            sent = letters()
            if minutes == 0:
                assert {one.to[0] for one in sent} == {"operator@example.com", "privacy@example.com"}
                assert sent[0].subject.startswith(
                    f"Alarm in {ALIASES[0]}: What is due was not erased on time"
                )
                assert "and 3 more" in sent[0].subject
                assert "manage.py retention enforce" in sent[0].body
                assert "docs/operators.md#alarm-sweep" in sent[0].body
                assert "/admin/privacy/retentionrun/dashboard/" in sent[0].body
                assert "text/html" in str(sent[0].alternatives)
            else:
                # Later hours bring parts of the night that become late meanwhile, each told once.
                assert not any("sweep" in one.body for one in sent), minutes
    with clock.travel(to=begun + DAY + MINUTE):
        signs_of_life()
        services.go_round()
        again = letters()
        assert len(again) == 2
        assert again[0].subject.startswith("Alarm still rings")
        services.go_round()
        assert letters() == []
        whole_night()
        services.go_round()
        assert letters() == [], "not over before two rounds agree"
    with clock.travel(to=begun + DAY + 15 * MINUTE):
        signs_of_life()
        services.go_round()
        over = letters()
        assert len(over) == 2
        assert over[0].subject.startswith("Alarm is over")
        assert "What is over:" in over[0].body
        services.go_round()
        assert letters() == []
    assert not Alarm.objects.filter(ended_at=None).exists()
    assert Alarm.objects.filter(kind=Kind.ENFORCEMENT).count() == len(ALIASES)


def test_a_letter_is_in_the_readers_language_and_names_nobody(world: str, staff: dict[str, Person]) -> None:
    Person.objects.filter(email="operator@example.com").update(language="zh-hans")
    with clock.travel(by=2 * DAY):
        services.go_round()
    told = {one.to[0]: one for one in letters()}
    assert 'lang="zh-Hans"' in str(told["operator@example.com"].alternatives)
    assert 'lang="en"' in str(told["privacy@example.com"].alternatives)
    names = [one.email for one in staff.values()] + ["447700900"]
    assert not any(name in one.body for one in told.values() for name in names)


def test_two_beats_at_once_send_one_letter(world: str, staff: dict[str, Person]) -> None:
    begin = threading.Barrier(4)
    answers: list[bool] = []

    def beat() -> None:
        begin.wait(10)
        with clock.travel(by=2 * DAY):
            answers.append(services.go_round())
        connections.close_all()

    threads = [threading.Thread(target=beat) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert True in answers
    assert len(answers) == 4
    assert len(letters()) == 2, "one to each who is on duty"


def test_a_mail_server_that_is_down_delays_the_letter_and_loses_none(
    world: str, staff: dict[str, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: EmailMessage, *args: Any, **kwargs: Any) -> None:
        raise SMTPException

    with clock.travel(by=2 * DAY):
        with monkeypatch.context() as during:
            during.setattr("django.core.mail.EmailMultiAlternatives.send", refuse)
            services.go_round()
        assert Alarm.objects.filter(told_at=None).exists()
        services.go_round()
        assert len(letters()) == 2
        assert not Alarm.objects.filter(told_at=None).exists()


def once_unlocked() -> list[Any]:
    """The letters of the first round that finds the lock free: PostgreSQL takes a moment to notice a death."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        services.go_round()
        if found := letters():
            return found
        time.sleep(0.1)
    return []


def test_killed_between_letter_and_note_it_is_told_again_and_never_forgotten(
    world: str, staff: dict[str, Person]
) -> None:
    job = """
from django.conf import settings as told
from django.utils.module_loading import import_string
told.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
hooks.handlers = lambda name: [import_string(path) for path in told.HOOKS[name]]
from datetime import timedelta
from privacy.alarms import services
with clock.travel(by=timedelta(days=2)): services.go_round()
"""
    assert in_child(world, "alarms.told:1", job).returncode == 137
    assert Alarm.objects.filter(ended_at=None).exists()
    assert not Alarm.objects.exclude(told_at=None).exists()
    with clock.travel(by=2 * DAY):
        assert len(once_unlocked()) == 2, "the lock went with the process"
        services.go_round()
        assert letters() == []


def test_without_an_operator_or_officer_whoever_may_do_everything_is_told(
    world: str, staff: dict[str, Person]
) -> None:
    for role in (staff_roles.OPERATOR, staff_roles.OFFICER):
        Person.objects.filter(pk=staff[role].pk).update(is_active=False)
    with clock.travel(by=2 * DAY):
        services.go_round()
    assert [one.to for one in letters()] == [["super@example.com"]]


def test_what_cannot_be_looked_at_is_not_over(world: str, staff: dict[str, Person]) -> None:
    ringing = Alarm.objects.filter(kind=Kind.ENFORCEMENT, database=world, ended_at=None)
    with clock.travel(by=2 * DAY):
        services.go_round()
        assert ringing.exists()
        whole_night()
        with clock.travel(by=20 * MINUTE), down(world):
            services.go_round()
            assert ringing.exists()
            assert Alarm.objects.filter(kind=Kind.UNCHECKED, database=world, ended_at=None).exists()
    with clock.travel(by=2 * DAY + 40 * MINUTE):
        services.go_round()
        assert not ringing.exists()
        assert not Alarm.objects.filter(kind=Kind.UNCHECKED, ended_at=None).exists()


def test_a_restart_is_not_told_and_a_process_that_stays_away_is(world: str, staff: dict[str, Person]) -> None:
    signs_of_life()
    with clock.travel(by=10 * MINUTE):
        services.go_round()
        assert Alarm.objects.filter(kind=Kind.DISPATCHER, ended_at=None).count() == len(ALIASES)
        assert letters() == [], "the first round after a start sees what was silent until then"
    ringing = Alarm.objects.filter(kind=Kind.DISPATCHER, ended_at=None)
    for minutes, alive, told in ((15, True, 0), (20, True, 0), (40, False, 0), (45, False, 2)):
        with clock.travel(by=minutes * MINUTE):
            if alive:
                signs_of_life()
            services.go_round()
            assert len(letters()) == told, minutes
    assert ringing.count() == len(ALIASES)


def test_what_rang_a_year_ago_is_forgotten(world: str, staff: dict[str, Person]) -> None:
    with clock.travel(by=-500 * DAY):
        now = clock.now()
        Alarm.objects.create(
            kind=Kind.ROWS, database=world, severity="warning", first_seen_at=now, last_seen_at=now, ended_at=now
        )  # fmt: skip
    services.go_round()
    assert not Alarm.objects.exists()


def test_beats_task_leaves_a_sign_and_survives_a_control_plane_that_is_away(world: str) -> None:
    tasks.alarms()
    assert heartbeat.last(ROUND) is not None
    with down("default"):
        tasks.alarms()


class TestOutside:
    @pytest.fixture
    def calls(self, settings: Any) -> Iterator[list[str]]:
        """A monitoring service on the loopback; it answers 500 to the first call and 200 to those after it."""
        found: list[str] = []

        class Monitor(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found.append(self.path)
                self.send_response(500 if len(found) == 1 else 200)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Monitor)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.DEADMAN_URL = f"http://127.0.0.1:{server.server_port}/ping/secret"
        yield found
        server.shutdown()
        server.server_close()

    def test_it_is_called_once_a_day_when_the_night_is_whole(
        self, world: str, staff: dict[str, Person], calls: list[str]
    ) -> None:
        services.go_round()
        assert calls == [], "no night is done yet"
        for day in (1, 2):
            with clock.travel(to=clock.midnight(clock.today() + day * DAY) + 3 * HOUR):
                signs_of_life()
                services.go_round()
                before = len(calls)
                whole_night()
                for _ in range(4):
                    with clock.travel(by=10 * MINUTE):
                        signs_of_life()
                        services.go_round()
                assert calls[before:] == ["/ping/secret"] * (2 if day == 1 else 1), "until it is answered"

    def test_it_is_silent_while_something_critical_rings(
        self, world: str, staff: dict[str, Person], calls: list[str]
    ) -> None:
        with clock.travel(to=clock.midnight(clock.today() + DAY) + 3 * HOUR):
            whole_night()
            with as_owner("default") as connection:
                connection.execute("DELETE FROM core_heartbeat WHERE name = 'beat'")
            services.go_round()
        assert calls == []

    def test_a_url_that_may_not_be_called_is_said_and_harms_nothing(
        self, world: str, settings: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.DEADMAN_URL, settings.OUTBOUND_ALLOW_LOOPBACK = "http://127.0.0.1/ping", False
        with clock.travel(to=clock.midnight(clock.today() + DAY) + 3 * HOUR):
            whole_night()
            services.go_round()
        assert "the dead-man's URL may not be called" in caplog.text
        assert "127.0.0.1" not in caplog.text


def test_the_worker_counts_what_pages_may_not(world: str, account: Any) -> None:
    for age, days in ((40, 30), (30, 30), (0, 30), (29, 30)):
        with clock.travel(by=-age * DAY), system_scope("test", using=(world,)):
            start = clock.today()
            keys.for_sealing(world, account, keys.DataClass.CONTENT, start, start + days * DAY)
    with clock.travel(to=clock.midnight(clock.today()) + 3 * HOUR):
        for alias in ALIASES:
            tasks.count_standing(alias, clock.today().isoformat())
        tasks.count_standing("no such database", clock.today().isoformat())
    found = {one.database: one for one in Standing.objects.all()}
    assert set(found) == set(ALIASES)
    line = found[world].figures["keys"][0]
    assert line == {
        "data_class": 1,
        "living": 4,
        "due": 2,
        "late": 2,
        "held": 0,
        "tomorrow": 1,
        "next_on": (clock.today() + timedelta(days=1)).isoformat(),
    }
    figures = found[world].figures
    assert figures["problems"] == {}
    assert figures["epochs"]["epoch"] == 1
    assert figures["epochs"]["erasure"] == "logical"
    assert figures["days"]["ahead"] >= 15
    assert figures["days"]["behind"] >= 1
    assert figures["journal"]["undecided"] == 0
    assert figures["snapshot"] == {"at": None}


def test_what_a_hold_keeps_past_its_day_is_held_and_not_due(world: str, account: Any) -> None:
    with clock.travel(by=-40 * DAY), system_scope("test", using=(world,)):
        start = clock.today()
        keys.for_sealing(world, account, keys.DataClass.CONTENT, start, start + 30 * DAY)
    hold(account, scope=Scope.ACCOUNT, number=None, classes=[int(keys.DataClass.CONTENT)])
    tasks.count_standing(world, clock.today().isoformat())
    line = Standing.objects.get(database=world).figures["keys"][0]
    assert (line["living"], line["due"], line["late"], line["held"]) == (1, 0, 0, 1)


def test_what_cannot_be_counted_is_named(world: str, settings: Any) -> None:
    settings.KEY_SNAPSHOT_URL = "nonsense"
    tasks.count_standing(world, clock.today().isoformat())
    assert Standing.objects.get(database=world).figures["problems"] == {"snapshot": "SnapshotUnavailable"}
