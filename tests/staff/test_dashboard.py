"""The retention dashboard: what is due, done, late and held; what rings and rang; for who looks after it, and nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from accounts import staff_roles
from paasoo_portal.core import clock, heartbeat
from privacy.alarms.models import Alarm, Kind, Severity, Standing
from privacy.alarms.night import PARTS, ROUND
from privacy.keys.models import INSTRUCTED
from privacy.retention.models import RetentionRun, RunState
from tests.conftest import AsRole
from tests.pages.conftest import Cast
from tests.pages.test_admin import shown
from tests.pages.visitor import Visitor
from tests.staff.test_budgets import LATER_VISIT, QUERIES, answered

pytestmark = pytest.mark.django_db(databases="__all__")
PAGE = "/admin/privacy/retentionrun/dashboard/"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ALIASES = list(settings.TRAFFIC_ALIASES)


def rang(kind: Kind, database: str, **given: Any) -> Alarm:
    now = clock.now()
    values = {"severity": Severity.CRITICAL, "first_seen_at": now, "last_seen_at": now}
    return Alarm.objects.create(kind=kind, database=database, **values | given)


def counted(alias: str, **line: int) -> None:
    today = clock.today()
    values: dict[str, Any] = {"living": 12_345, "due": 0, "late": 0, "held": 0, "tomorrow": 7}
    lines = [
        values | line | {"data_class": int(one), "next_on": (today + DAY).isoformat()} for one in INSTRUCTED
    ]
    Standing.objects.update_or_create(
        database=alias,
        defaults={
            "counted_at": clock.now(),
            "figures": {
                "keys": lines,
                "epochs": {
                    "epoch": 41,
                    "erasure": "irrecoverable",
                    "epochs_kept": [38, 39, 40],
                    "epochs_destroyed": 37,
                    "next_destruction": 38,
                    "carry_overs_until_destruction": 1,
                    "oldest_wrap": (clock.now() - 3 * DAY).isoformat(),
                    "born_on": (today - 41 * DAY).isoformat(),
                },
                "journal": {"head": 900, "last": 899, "undecided": 2},
                "snapshot": {"at": clock.now().isoformat()},
                "days": {"ahead": 15, "behind": 92},
                "copies": {"cases": 2, "copies": 31},
                "problems": {},
            },
        },
    )


def nights(alias: str, *, back: int, at: timedelta = HOUR, **counts: int) -> None:
    """So many nights of every part, done by an hour of their day."""
    for part in PARTS:
        for age in range(back):
            day = clock.today() - age * DAY
            RetentionRun.objects.create(
                database=alias, kind=part.run, cutoff_on=day, state=RunState.DONE,
                finished_at=clock.midnight(day) + at, counts={"keys": 5, "accounts": 2} | counts,
            )  # fmt: skip


@pytest.fixture
def operator(staff: dict[str, Visitor]) -> Visitor:
    return staff[staff_roles.OPERATOR]


def test_it_opens_for_operators_and_officers_alone(
    cast: Cast, staff: dict[str, Visitor], dana: Visitor, alice: Visitor, nobody: Visitor
) -> None:
    may = {staff_roles.OPERATOR, staff_roles.OFFICER}
    for role, visitor in staff.items():
        assert (visitor.client.get(PAGE).status_code == 200) == (role in may), role
        linked = PAGE in visitor.client.get("/admin/").content.decode()
        assert linked == (role in may), role
    assert dana.client.get(PAGE).status_code == 200
    assert alice.client.get(PAGE).status_code in {302, 403}
    assert nobody.client.get(PAGE).status_code == 302


def test_a_portal_without_a_night_says_what_will_stand_here(operator: Visitor) -> None:
    page = shown(operator, PAGE)
    assert "nobody has looked yet" in page
    assert "Not counted yet" in page
    assert "After the first night" in page
    assert page.count(">never<") == len(ALIASES) * len(PARTS) + 2
    assert "None in the last 400 days" in page


def test_when_all_is_well_it_says_who_looked_and_what_was_done(operator: Visitor, as_role: AsRole) -> None:
    with as_role("worker"):
        heartbeat.beat(ROUND)
        for alias in ALIASES:
            counted(alias)
            nights(alias, back=30)
    page = shown(operator, PAGE)
    assert "No alarm rings. Last looked at everything" in page
    assert page.count("12,345") == len(ALIASES) * len(INSTRUCTED)
    assert "keys: 5, certificates: 2" in page
    assert "epoch 38" in page
    assert "irrecoverable" in page
    assert "2 undecided" in page
    assert "31 copies for 2 holds and cases" in page
    assert "15 ahead, 92 behind" in page
    assert page.count('<rect class="good"') == 30
    assert '<rect class="bad"' not in page
    assert page.count("<svg") >= 2


def test_what_rings_is_first_with_what_to_do_and_what_rang_is_last(
    operator: Visitor, as_role: AsRole
) -> None:
    with as_role("worker"):
        rang(Kind.SNAPSHOT, ALIASES[0], severity=Severity.WARNING)
        rang(Kind.ENFORCEMENT, ALIASES[1], since_at=clock.now() - 30 * HOUR, told_at=clock.now())
        rang(Kind.UNCHECKED, "default", detail={"errors": {"reach": "OperationalError"}})
        rang(Kind.PARTITIONS, ALIASES[0], detail={"days": 3}, ended_at=clock.now())
    page = shown(operator, PAGE)
    places = [page.index(text) for text in (
        "3 alarms ring", "What is due was not erased on time", "reach: OperationalError",
        "newest key snapshot is too old", "db-ie", "Days ahead run out",
    )]  # fmt: skip
    assert places == sorted(places)
    assert "docs/operators.md#alarm-enforcement" in page
    assert "manage.py retention enforce" in page
    desk = shown(operator, "/admin/")
    assert "What is due was not erased on time" in desk


def test_nights_late_and_missing_are_told_apart(operator: Visitor, as_role: AsRole) -> None:
    with as_role("worker"):
        for alias in ALIASES:
            counted(alias, late=3)
        nights(ALIASES[0], back=10, at=5 * HOUR)
        with clock.travel(by=-10 * DAY):
            nights(ALIASES[0], back=20)
    page = shown(operator, PAGE)
    assert page.count('<rect class="good"') == 20
    assert page.count('<rect class="warn"') == 10
    assert page.count('<rect class="bad"') in {29, 30}, (
        "the other region's, whether or not today's hour has come"
    )
    assert page.count('<td class="late">3<') == len(ALIASES) * len(INSTRUCTED)


def test_what_was_counted_long_ago_or_not_at_all_says_so(operator: Visitor, as_role: AsRole) -> None:
    with as_role("worker"), clock.travel(by=-2 * HOUR):
        counted(ALIASES[0])
        Standing.objects.update_or_create(
            database=ALIASES[1],
            defaults={"counted_at": clock.now(), "figures": {"problems": {"epochs": "VaultUnavailable"}}},
        )
    page = shown(operator, PAGE)
    assert page.count("an hour ago or more") == 2
    assert "could not be counted" in page
    assert "VaultUnavailable" in page


def test_it_stays_within_its_budgets_with_six_regions_and_everything_on_it(
    operator: Visitor, as_role: AsRole, settings: Any
) -> None:
    """Six databases where the tests have two: the page asks the control plane alone."""
    six = list(settings.REGIONS)
    settings.TRAFFIC_ALIASES = six
    with as_role("worker"):
        for alias in six:
            counted(alias)
            nights(alias, back=30)
            rang(Kind.ENFORCEMENT, alias, since_at=clock.now() - HOUR)
            for _ in range(3):
                rang(Kind.SNAPSHOT, alias, ended_at=clock.now())
    answer, queries = answered(operator, PAGE)
    assert answer.status_code == 200
    assert queries <= QUERIES / 2, queries
    assert len(answer.content) <= LATER_VISIT, len(answer.content)
