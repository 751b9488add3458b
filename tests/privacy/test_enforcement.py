"""Enforcement: what is due dies on its day, what lives lives on, once, with a certificate, at a flat cost."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paasoo_portal.core import clock, hooks
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope, system_scope
from privacy import boot, keys
from privacy.certificates.models import Certificate
from privacy.keys import carry_over as carrying
from privacy.keys import locks
from privacy.keys.datakey import DataKey
from privacy.keys.models import DataClass
from privacy.retention import enforce, instructions, nightly, outlook, verify
from privacy.retention.models import RetentionRun
from privacy.retention.outlook import Rule
from tests.privacy.conftest import MakeKey, Registered, as_owner
from tests.privacy.test_carry_over import in_child

PLACE = {"table": "messaging_message", "column": "content_sealed"}
DAY = timedelta(days=1)


def readable(alias: str, key: DataKey) -> bool:
    keys.forget()
    with system_scope("test", using=(alias,)):
        try:
            keys.living(alias, None, [key.id])
        except keys.Erased:
            return False
    return True


def living(alias: str) -> set[UUID]:
    with as_owner(alias) as connection:
        return {row[0] for row in connection.execute("SELECT id FROM privacy_datakey").fetchall()}


def test_what_is_due_dies_and_what_lives_lives_on(
    region: str, make_key: MakeKey, registered: Registered
) -> None:
    accounts = [uuid7(), uuid7()]
    due = [make_key(a, age=age) for a in accounts for age in (30, 31, 45)]
    alive = [make_key(a, age=age) for a in accounts for age in (0, 1, 29)]
    numbers = [make_key(a, data_class=DataClass.NUMBER, age=31, days=90) for a in accounts]
    done = enforce.enforce(region, clock.today())
    assert (done.accounts, done.keys) == (2, 6)
    assert living(region) == {key.id for key in alive + numbers}
    assert not any(readable(region, key) for key in due)
    assert all(readable(region, key) for key in alive + numbers)


def test_an_erased_key_leaves_a_tombstone_that_says_when_why_and_which_certificate(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    key = make_key(account, age=31)
    enforce.enforce(region, clock.today())
    keys.forget()
    with scope(account, using=(region,)), pytest.raises(keys.Erased) as erased:
        keys.open_sealed(region, account, key.id, b"", **PLACE, row=uuid7())
    assert erased.value.reason == "retention"
    assert erased.value.due_on == key.due_on
    assert erased.value.erased_at is not None
    assert erased.value.certificate_id is not None
    assert Certificate.objects.get(pk=erased.value.certificate_id).account_id == account


def test_another_account_cannot_see_the_tombstone(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    key, mallory = make_key(account, age=31), uuid7()
    enforce.enforce(region, clock.today())
    keys.forget()
    with scope(mallory, using=(region,)), pytest.raises(keys.UnknownKey):
        keys.open_sealed(region, mallory, key.id, b"", **PLACE, row=uuid7())


def test_the_certificate_tells_what_why_and_what_is_not_covered(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    for age in (31, 33):
        make_key(account, age=age)
    enforce.enforce(region, clock.today())
    body = json.loads(Certificate.objects.get(account_id=account).body)
    assert body["erased"] == [
        {
            "class": "content",
            "keys": 2,
            "first_day": (clock.today() - 33 * DAY).isoformat(),
            "last_day": (clock.today() - 31 * DAY).isoformat(),
            "messages_of_those_days": 7,
        }
    ]
    assert body["everywhere"]["erasure"] == "logical"
    assert body["everywhere"]["last_epoch"] == 1
    assert body["not_covered"]
    assert body["catalogue"]
    [settled] = registered.of("retention.settle")
    assert settled == {"alias": region, "before": clock.today()}


def test_settlement_comes_before_and_stops_everything_when_it_fails(
    region: str, account: UUID, make_key: MakeKey, registered: Registered, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = make_key(account, age=31)

    def fail(name: str, **arguments: object) -> list[object]:
        raise RuntimeError("cannot settle")

    monkeypatch.setattr(hooks, "call", fail)
    with pytest.raises(RuntimeError):
        enforce.enforce(region, clock.today())
    assert living(region) == {key.id}


def test_without_the_key_that_signed_before_nothing_is_erased(
    region: str, make_key: MakeKey, vault_folder: Path, registered: Registered
) -> None:
    """A vault makes a signing key where it finds none: what that one signed, nobody could check."""
    make_key(uuid7(), age=30)
    enforce.enforce(region, clock.today())
    later = make_key(uuid7(), age=31)
    (vault_folder / "signing.key").rename(vault_folder / "away")
    with pytest.raises(keys.VaultMismatch, match="another key"):
        enforce.enforce(region, clock.today())
    assert living(region) == {later.id}
    assert "another key" in boot.disagreements()["default"]
    with pytest.raises(CommandError, match="another key"):
        call_command("keys", "status")
    (vault_folder / "away").replace(vault_folder / "signing.key")
    assert enforce.enforce(region, clock.today()).keys == 1
    assert "default" not in boot.disagreements()


def test_repeating_does_nothing_twice(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    make_key(account, age=31)
    assert enforce.enforce(region, clock.today()).keys == 1
    again = enforce.enforce(region, clock.today())
    assert again.keys == 0
    assert Certificate.objects.count() == 1
    assert again.run.counts == {"accounts": 1, "keys": 1}
    assert RetentionRun.objects.count() == 1


def test_two_at_once_do_it_once(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    make_key(account, age=31)
    with as_owner(region) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [0x5053_0002])
        with pytest.raises(locks.Busy), pytest.MonkeyPatch.context() as patch:
            patch.setattr(enforce, "WAIT_SECONDS", 0.1)
            enforce.enforce(region, clock.today())
        assert len(living(region)) == 1
    assert enforce.enforce(region, clock.today()).keys == 1


@pytest.mark.parametrize("point", ["enforce.moved", "enforce.certified"])
def test_killed_half_way_it_is_finished_with_certificate(
    region: str, make_key: MakeKey, registered: Registered, point: str
) -> None:
    made = [make_key(uuid7(), age=31) for _ in range(3)]
    died: subprocess.CompletedProcess[str] = in_child(
        region, f"{point}:1", job=f"enforce.enforce({region!r}, clock.today())"
    )
    assert died.returncode == 137, died.stderr
    assert enforce.enforce(region, clock.today()).keys == 2
    assert living(region) == set()
    assert Certificate.objects.filter(account_id__in=[key.account_id for key in made]).count() == 3
    assert verify.verify(region).ok
    assert verify.verify_certificates().ok


def test_an_erased_key_is_not_carried_over(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    make_key(account, age=31)
    alive = make_key(account, age=1)
    enforce.enforce(region, clock.today())
    assert carrying.carry_over(region).census == 1
    assert living(region) == {alive.id}


def test_an_instruction_that_shortens_reaches_what_is_there_already(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    old, young, other = make_key(account, age=10), make_key(account, age=2), make_key(uuid7(), age=10)
    number = make_key(account, data_class=DataClass.NUMBER, age=10, days=90)
    instructions.instruct(account_id=account, data_class=DataClass.CONTENT, days=7, person_id=None)
    assert enforce.enforce(region, clock.today()).keys == 0, "the grace period holds"
    [kept] = outlook.read(account, back=30, held=[]).would_go(
        DataClass.CONTENT, Rule(30), 7, clock.today() + 2 * DAY
    )
    assert (kept.day, kept.messages) == (clock.today() - 10 * DAY, 7)
    with clock.travel(by=2 * DAY):
        assert enforce.enforce(region, clock.today()).keys == 1
        assert not readable(region, old)
        assert all(readable(region, key) for key in (young, other, number))
        assert verify.verify(region).ok
    body = json.loads(Certificate.objects.get(account_id=account).body)
    assert body["instructed_days"] == {"content": 7}


@pytest.fixture
def shorter_default(committed: None) -> Iterator[None]:
    """A default of ten days for content, from yesterday on."""
    with as_owner("default") as connection:
        connection.execute(
            "INSERT INTO privacy_retentionbound "
            "(data_class, default_days, floor_days, ceiling_days, effective_on, reason) VALUES (1, 10, 0, 400, %s, %s)",
            [clock.today() - DAY, "A clause of its own."],
        )
        yield
        connection.execute("DELETE FROM privacy_retentionbound WHERE default_days = 10")


def test_a_default_that_shortens_reaches_what_is_there_of_whoever_instructed_nothing(
    region: str, make_key: MakeKey, registered: Registered, shorter_default: None
) -> None:
    silent, spoke = uuid7(), uuid7()
    with clock.travel(by=-2 * DAY):
        instructions.instruct(
            account_id=spoke, data_class=DataClass.CONTENT, days=29, person_id=None, knowingly=True
        )
    old, young = make_key(silent, age=10), make_key(silent, age=9)
    number = make_key(silent, data_class=DataClass.NUMBER, age=10, days=90)
    instructed = make_key(spoke, age=10)
    assert [one["key"] for one in verify.verify(region, clock.today()).culprits] == [str(old.id)]
    assert enforce.enforce(region, clock.today()).keys == 1
    assert not readable(region, old)
    assert all(readable(region, key) for key in (young, number, instructed))
    assert verify.verify(region, clock.today()).ok


def test_lengthening_never_revives_nor_touches_what_is_there(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    gone, there = make_key(account, age=31), make_key(account, age=29)
    enforce.enforce(region, clock.today())
    instructions.instruct(account_id=account, data_class=DataClass.NUMBER, days=400, person_id=None)
    instructions.instruct(account_id=account, data_class=DataClass.CONTENT, days=400, person_id=None)
    assert not readable(region, gone)
    with clock.travel(by=2 * DAY):
        enforce.enforce(region, clock.today())
        assert not readable(region, there)


def test_zero_days_means_until_the_next_midnight(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    today = make_key(account, days=1)
    with clock.travel(by=-2 * DAY):
        instructions.instruct(account_id=account, data_class=DataClass.CONTENT, days=0, person_id=None)
    assert enforce.enforce(region, clock.today()).keys == 0
    assert readable(region, today)
    with clock.travel(by=DAY):
        assert enforce.enforce(region, clock.today()).keys == 1


def test_the_cost_is_flat_in_messages_and_constant_in_statements(
    region: str, make_key: MakeKey, registered: Registered
) -> None:
    """Same statements for one due key of an account and for forty."""
    statements = []
    for ages in ([31], range(31, 71)):
        account = uuid7()
        for age in ages:
            make_key(account, age=age)
        with RetentionQueries(region) as queries:
            assert enforce.enforce(region, clock.today()).keys == len(ages)
        statements.append(len(queries))
        RetentionRun.objects.all().delete()
    assert statements[0] == statements[1]


class RetentionQueries(list[str]):
    """Statements on a region's database."""

    def __init__(self, alias: str) -> None:
        super().__init__()
        self.connection = connections[alias]

    def __enter__(self) -> RetentionQueries:
        def wrapper(execute, sql, params, many, context):  # type: ignore[no-untyped-def]
            self.append(sql)
            return execute(sql, params, many, context)

        self.connection.execute_wrappers.append(wrapper)
        return self

    def __exit__(self, *exception: object) -> None:
        self.connection.execute_wrappers.pop()


def test_verify_names_a_key_planted_past_its_day(region: str, account: UUID, make_key: MakeKey) -> None:
    make_key(account, age=1)
    assert verify.verify(region, clock.today()).as_dict() == {
        "ok": True,
        "database": region,
        "cutoff_on": clock.today().isoformat(),
        "checked": 1,
        "culprits": [],
    }
    planted = make_key(account, age=40)
    found = verify.verify(region, clock.today())
    assert not found.ok
    assert [culprit["key"] for culprit in found.culprits] == [str(planted.id)]


def test_verify_names_an_erased_key_that_is_back(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    key = make_key(account, age=1)
    with as_owner(region) as connection:
        connection.execute(
            "INSERT INTO privacy_keytombstone (key_id, account_id, data_class, starts_on, due_on, erased_at, reason, "
            "last_epoch) VALUES (%s, %s, 1, now(), now(), now(), 'retention', 1)",
            [key.id, account],
        )
    assert [culprit["kind"] for culprit in verify.verify(region).culprits] == ["erased key that lives"]
    assert carrying.carry_over(region).census == 0, "it is not carried over either"


def test_the_night_settles_enforces_sweeps_and_gives_a_sign_of_life(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    make_key(account, age=31)
    night = nightly.run(region, clock.today())
    assert night.keys == 1
    assert [name for name, _ in registered.calls if name != "retention.count"] == [
        "retention.settle",
        "retention.sweep",
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    made=st.lists(
        st.tuples(st.integers(0, 60), st.integers(1, 60), st.sampled_from([1, 2])), min_size=1, max_size=8
    ),
    instructed=st.one_of(st.none(), st.integers(0, 40)),
)
def test_nothing_due_is_readable_and_nothing_living_is_lost(
    region: str,
    make_key: MakeKey,
    registered: Registered,
    made: list[tuple[int, int, int]],
    instructed: int | None,
) -> None:
    """Against a model of one line: a key lives while its start and the shorter of both periods lie ahead."""
    account, today = uuid7(), clock.today()
    if instructed is not None:
        with clock.travel(by=-100 * DAY):
            try:
                instructions.instruct(
                    account_id=account, data_class=1, days=instructed, person_id=None, knowingly=True
                )
            except ValidationError:
                instructed = None  # thirty days are the default already
    made_keys = [
        make_key(account, age=age, days=days, data_class=data_class) for age, days, data_class in made
    ]
    enforce.enforce(region, today)
    for key, (age, days, data_class) in zip(made_keys, made, strict=True):
        in_force = {1: 30 if instructed is None else max(instructed, 1), 2: 90}[data_class]
        assert readable(region, key) == (age < min(days, in_force))
    assert verify.verify(region, today).ok
