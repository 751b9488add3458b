"""Two walls round every account: Python's scope and PostgreSQL's policies, each tried without the other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import ProgrammingError, connections, transaction
from django.db.models import Model

from accounts.models import Account, ApiKey, Membership, Person, Role
from messaging.allowance.models import Allowance
from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import NoScope, TenantModel, open_scope, person_scope, scope, system_scope

AsRole = Callable[[str], AbstractContextManager[None]]
REGION = "ie"


def seed(count: int = 2) -> list[UUID]:
    """Accounts, each with an allowance of its own number in a region."""
    made = [uuid7() for _ in range(count)]
    for number, account_id in enumerate(made):
        with scope(account_id, using=[REGION]):
            Allowance(account_id=account_id, slot=0, amount=number + 1).save(using=REGION)
    return made


def raw(alias: str = REGION) -> list[UUID]:
    """What SQL without any filter sees."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT account_id FROM messaging_allowance")
        return [row[0] for row in cursor.fetchall()]


def setting() -> str:
    with connections[REGION].cursor() as cursor:
        cursor.execute("SELECT current_setting('paasoo.account', true)")
        return cursor.fetchone()[0] or ""


@pytest.mark.django_db(databases="__all__")
class TestOneConnection:
    def test_a_query_without_a_scope_is_an_error_for_every_tenants_model(self) -> None:
        tenants = [model for model in apps.get_models() if issubclass(model, TenantModel)]
        assert len(tenants) > 20
        for model in tenants:
            with pytest.raises(NoScope, match="scope"):
                model.objects.all()
            with pytest.raises(NoScope):
                model.objects.count()

    def test_raw_sql_without_a_scope_sees_nothing(self) -> None:
        seed()
        assert raw() == []

    def test_raw_sql_in_a_scope_sees_that_account(self) -> None:
        alice, bob = seed()
        for account_id in (alice, bob):
            with scope(account_id, using=[REGION]):
                assert raw() == [account_id]

    def test_raw_writes_to_another_account_touch_nothing_or_fail(self) -> None:
        alice, bob = seed()
        with scope(alice, using=[REGION]), connections[REGION].cursor() as cursor:
            cursor.execute("UPDATE messaging_allowance SET amount = 0 WHERE account_id = %s", [bob])
            assert cursor.rowcount == 0
            with (
                pytest.raises(ProgrammingError, match="row-level security"),
                transaction.atomic(using=REGION),
            ):
                cursor.execute(
                    "INSERT INTO messaging_allowance (account_id, slot, amount) VALUES (%s, 1, 5)", [bob]
                )
            with (
                pytest.raises(ProgrammingError, match="row-level security"),
                transaction.atomic(using=REGION),
            ):
                cursor.execute("UPDATE messaging_allowance SET account_id = %s", [bob])

    def test_nested_scopes_restore_what_was(self) -> None:
        alice, bob = seed()
        with scope(alice, using=[REGION]):
            with scope(bob, using=[REGION]):
                assert raw() == [bob]
                with scope(alice, using=[REGION]):
                    assert raw() == [alice]
                assert raw() == [bob]
            assert raw() == [alice]
            assert Allowance.objects.using(REGION).get().account_id == alice
        assert raw() == []
        assert open_scope() is None

    def test_an_error_inside_restores_as_well(self) -> None:
        alice, bob = seed()
        with scope(alice, using=[REGION]):
            with pytest.raises(ZeroDivisionError), scope(bob, using=[REGION]):
                raise ZeroDivisionError
            assert raw() == [alice]
            with (
                pytest.raises(ProgrammingError),
                scope(bob, using=[REGION]),
                connections[REGION].cursor() as cursor,
            ):
                cursor.execute("SELECT * FROM no_such_table")
            assert raw() == [alice]
        assert setting() == ""

    def test_a_scope_holds_only_on_its_databases(self) -> None:
        alice, _ = seed()
        with scope(alice):
            assert raw() == []

    def test_only_the_workers_role_works_on_all_accounts(self, as_role: AsRole) -> None:
        made = seed()
        with system_scope("test", using=[REGION]):
            assert raw() == []
        with as_role("worker"), system_scope("test", using=[REGION]):
            assert sorted(raw()) == sorted(made)

    def test_the_back_ups_role_reads_all_and_writes_nothing(self, as_role: AsRole) -> None:
        made = seed()
        with as_role("backup"):
            assert sorted(raw()) == sorted(made)
            with pytest.raises(ProgrammingError), transaction.atomic(using=REGION):
                connections[REGION].cursor().execute("DELETE FROM messaging_allowance")

    def test_the_doors_role_reaches_nothing_that_it_was_not_given(self, as_role: AsRole) -> None:
        seed()
        with as_role("ingest"):
            for table in ("messaging_allowance", "privacy_keytombstone", "messaging_daycount"):
                with pytest.raises(ProgrammingError), transaction.atomic(using=REGION):
                    connections[REGION].cursor().execute(f"DELETE FROM {table}")
            with pytest.raises(ProgrammingError), transaction.atomic():
                connections["default"].cursor().execute("SELECT * FROM accounts_person")

    def test_a_person_sees_their_own_memberships_and_no_colleagues(self) -> None:
        alice, bob = (
            Person.objects.create(email=f"{name}@example.com", name=name) for name in ("alice", "bob")
        )
        account = Account(name="A", region="sg")
        account.save(force_insert=True)
        with scope(account.pk):
            for person in (alice, bob):
                Membership.objects.create(account_id=account.pk, person=person, role=Role.VIEWER)
        with person_scope(alice.pk):
            assert [found.person_id for found in Membership.objects.all()] == [alice.pk]
            with connections["default"].cursor() as cursor:
                cursor.execute("SELECT person_id FROM accounts_membership")
                assert cursor.fetchall() == [(alice.pk,)]
                cursor.execute("UPDATE accounts_membership SET role = 'administrator'")
                assert cursor.rowcount == 0

    def test_a_setting_that_is_no_account_is_an_error_or_nothing_but_never_everything(self) -> None:
        seed()
        for value in ("", str(UUID(int=0))):
            with transaction.atomic(using=REGION), connections[REGION].cursor() as cursor:
                cursor.execute("SELECT set_config('paasoo.account', %s, true)", [value])
                assert raw() == []

    def test_saving_another_accounts_row_is_stopped_by_the_database(self) -> None:
        alice, bob = uuid7(), uuid7()
        key = ApiKey(
            account_id=bob, key="k" * 12, secret_hash="0" * 64, name="n", scopes=[], ip_allow=[], created_by_id=uuid7(),
            expires_at=clock.now() + timedelta(days=1),
        )  # fmt: skip
        with pytest.raises(ProgrammingError, match="row-level security"), scope(alice):
            key.save(force_insert=True)


@pytest.fixture
def two_accounts(committed: None) -> Iterator[list[UUID]]:
    return seed(6)


def test_requests_interleaved_over_few_connections_never_see_another_account(
    two_accounts: list[UUID],
) -> None:
    """What a pool does: connections go from account to account, through commits, errors and aborted statements."""
    stop = threading.Event()

    def requests(number: int) -> int:
        random, seen = Random(number), 0
        try:
            for _ in range(150):
                if stop.is_set():
                    break
                account_id = random.choice(two_accounts)
                seen += request(account_id, random)
        except BaseException:
            stop.set()
            raise
        finally:
            connections.close_all()
        return seen

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(requests, range(4))) > 200


def request(account_id: UUID, random: Random) -> int:
    """One request with one of the ends that requests have; how many rows it saw."""
    assert raw() == []
    end = random.choice(["well", "well", "error", "aborted", "nested"])
    seen = 0
    try:
        with scope(account_id, using=[REGION]):
            assert raw() == [account_id]
            seen = len(rows := list(Allowance.objects.using(REGION)))
            assert {row.account_id for row in rows} == {account_id}
            _end(end, account_id)
    except (ZeroDivisionError, ProgrammingError):
        assert end in {"error", "aborted"}
    assert open_scope() is None
    return seen


def _end(end: str, account_id: UUID) -> None:
    if end == "error":
        raise ZeroDivisionError
    if end == "aborted":
        connections[REGION].cursor().execute("SELECT * FROM no_such_table")
    if end == "nested":
        with scope(uuid7(), using=[REGION]):
            assert raw() == []
        assert raw() == [account_id]


def test_every_model_with_an_account_is_a_tenants_or_says_why_not() -> None:
    from django.apps import apps

    def has_account(model: type[Model]) -> bool:
        return any(
            field.name == "account_id" or field.attname == "account_id" for field in model._meta.local_fields
        )

    loose: list[Any] = [
        model
        for model in apps.get_models()
        if has_account(model) and not issubclass(model, TenantModel) and not getattr(model, "exempt", "")
    ]
    assert loose == []
