"""`manage.py demo`: complete, repeatable, resumable, and refused where it does not belong."""

from __future__ import annotations

import io
import json
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from accounts.billing.selectors import ledger_total
from accounts.models import Account, Invitation, Person
from messaging.allowance import services as allowance
from messaging.demo import cast, run, traffic
from messaging.demo.write import Writer
from messaging.messages.states import State
from messaging.usage.settle import unsettled
from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7_floor
from paasoo_portal.core.tenancy import scope, system_scope
from paasoo_portal.embedded import Paths
from privacy import keys
from privacy.certificates.models import Certificate
from privacy.keys import epochs
from privacy.retention.verify import verify
from tests import money
from tests.conftest import spoil
from tests.privacy.conftest import reset

DAYS = 33


@pytest.fixture(scope="module", autouse=True)
def _people_who_stay() -> Iterator[None]:
    yield
    spoil()


@pytest.fixture
def stage(worker: None, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A short demo on empty databases; the path of its file."""
    settings.PATHS = Paths(tmp_path)
    settings.KEY_VAULT_URL = f"file://{tmp_path / 'vault'}"
    settings.ERASURE_JOURNAL_URL = f"file://{tmp_path / 'journal'}"
    settings.KEY_SNAPSHOT_URL = f"file://{tmp_path / 'snapshots'}"
    for alias in ("ie", "sg"):
        reset(alias)
        epochs.bootstrap(alias)
    _forget_demo()
    monkeypatch.setattr(run, "DAYS", DAYS)
    everything = traffic.day_of
    monkeypatch.setattr(traffic, "day_of", lambda *day: everything(*day)[::4])
    yield settings.PATHS.demo_json
    keys.forget()
    _forget_demo()


def _forget_demo() -> None:
    with money.owner("default") as connection:
        connection.execute("DELETE FROM core_heartbeat WHERE name = 'demo'")


def demo(*options: str) -> dict[str, Any]:
    output = io.StringIO()
    call_command("demo", "--json", *options, stdout=output, stderr=io.StringIO())
    return json.loads(output.getvalue())


def rows(alias: str, query: str, *given: Any) -> list[tuple[Any, ...]]:
    with system_scope("test", using=(alias,)), connections[alias].cursor() as cursor:
        cursor.execute(query, list(given))
        return cursor.fetchall()


def test_the_demo_is_whole(stage: Path) -> None:
    made = demo()
    assert set(made) == {"portal_url", "users", "staff", "api", "numbers"}
    assert [(user["role"], user["account"]) for user in made["users"]] == [
        ("administrator", "Harbourline Logistics"),
        ("developer", "Harbourline Logistics"),
        ("support", "Harbourline Logistics"),
        ("billing", "Harbourline Logistics"),
        ("viewer", "Harbourline Logistics"),
        ("administrator", "Tidewater Dental"),
    ]
    assert [one["role"] for one in made["staff"]] == [
        "superuser",
        "support",
        "privacy officer",
        "finance",
        "operator",
    ]
    assert {key["region"] for key in made["api"]} == {"sg", "ie"}
    assert set(made["numbers"]) == {"delivered", "delayed", "failed", "rejected", "silent", "duplicate"}
    _check_people(made)
    _check_file(stage, made)
    _check_retention()
    _check_money()
    _check_present()
    _check_again(made)


def _check_people(made: dict[str, Any]) -> None:
    for one in [*made["users"], *made["staff"]]:
        assert Person.objects.get(email=one["email"]).check_password(one["password"])
    assert Invitation.objects.filter(
        email="noor.haddad@harbourline.example", accepted_at=None, expires_at__gt=clock.now()
    ).exists()


def _check_file(path: Path, made: dict[str, Any]) -> None:
    assert json.loads(path.read_text()) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def _check_retention() -> None:
    """What is due is erased, with certificates; nothing due can be read; every past day is settled."""
    for alias in ("ie", "sg"):
        assert verify(alias, clock.today()).ok
        assert unsettled(alias, clock.today()) == []
    accounts = set(Certificate.objects.values_list("account_id", flat=True))
    assert {account.pk for account in _companies()} <= accounts


def _companies() -> list[Account]:
    return list(Account.objects.filter(name__in=[company.name for company in cast.COMPANIES]))


def _check_money() -> None:
    """Σ ledger = what can be spent + usage not yet settled, which is today's."""
    today = uuid7_floor(clock.today())
    for account in _companies():
        query = (
            "SELECT coalesce(sum(price * segments), 0) FROM messaging_message "
            "WHERE account_id = %s AND id >= %s"
        )
        used = sum(rows(alias, query, account.pk, today)[0][0] for alias in ("ie", "sg"))
        with scope(account.pk):
            assert ledger_total() == allowance.available(account.pk) + used


def _check_present() -> None:
    states = {row[0] for alias in ("ie", "sg") for row in rows(alias, "SELECT state FROM messaging_message")}
    now = {State.ACCEPTED, State.QUEUED, State.SENDING, State.SENT, State.SCHEDULED}
    assert now | {State.DELIVERED, State.UNDELIVERED, State.RECEIVED} <= states
    events = rows("ie", "SELECT count(DISTINCT message_id) FROM messaging_messageevent")
    assert events == rows("ie", "SELECT count(*) FROM messaging_message")


def _check_again(made: dict[str, Any]) -> None:
    before = rows("ie", "SELECT count(*) FROM messaging_message"), Person.objects.count()
    assert demo() == made
    assert (rows("ie", "SELECT count(*) FROM messaging_message"), Person.objects.count()) == before


def test_secrets_that_are_lost_are_made_anew(stage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "DAYS", 1)
    first = demo()
    stage.unlink()
    second = demo()
    assert [key["account"] for key in second["api"]] == [key["account"] for key in first["api"]]
    assert {key["key"] for key in second["api"]}.isdisjoint(key["key"] for key in first["api"])
    for user in second["users"]:
        assert Person.objects.get(email=user["email"]).check_password(user["password"])


def test_an_interrupted_demo_goes_on(stage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "DAYS", 3)
    real, calls = Writer.write, []

    def write(self: Writer, *args: Any, **given: Any) -> int:
        calls.append(args)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return real(self, *args, **given)

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "write", write)
        with pytest.raises(KeyboardInterrupt):
            demo()
    assert not stage.exists()
    demo()
    days = rows("sg", "SELECT DISTINCT day FROM messaging_daycount ORDER BY 1")
    assert [row[0] for row in days][:3] == [clock.today() - timedelta(days=back) for back in (3, 2, 1)]
    assert rows(
        "ie", "SELECT max(n) FROM (SELECT count(*) AS n FROM messaging_message GROUP BY id) AS x"
    ) == [(1,)]


def test_production_has_no_demo(settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="not for production"):
        call_command("demo")


def test_the_web_may_not_make_one(app: None) -> None:
    with pytest.raises(CommandError, match="worker"):
        call_command("demo")
