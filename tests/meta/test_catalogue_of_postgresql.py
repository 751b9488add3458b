"""What PostgreSQL itself says about walls, roles and functions, in every database. Keeps P-SEC-2."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import connections, models

from paasoo_portal.core import partitions, regions
from paasoo_portal.core.router import BOTH, TRAFFIC, plane_of
from paasoo_portal.core.tenancy import TenantModel
from paasoo_portal.core.tenancy.policies import Access, access_of

pytestmark = pytest.mark.django_db(databases="__all__")
ALIASES = ("default", "ie", "sg")
LOGINS = {"paasoo_owner", "paasoo_app", "paasoo_ingest", "paasoo_worker", "paasoo_backup"}
PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")


def ask(alias: str, statement: str, *given: Any) -> list[Any]:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement, given or None)
        return cursor.fetchall()


def lives_in(alias: str) -> list[type[models.Model]]:
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed
        and not model._meta.proxy
        and (plane_of(model) == BOTH or (plane_of(model) == TRAFFIC) == (alias != "default"))
    ]


def tables(alias: str) -> dict[str, tuple[bool, bool]]:
    """Whether row-level security is enabled and forced, for each table that is not a partition."""
    rows = ask(
        alias,
        "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class "
        "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition",
    )
    return {name: (enabled, forced) for name, enabled, forced in rows}


@pytest.mark.parametrize("alias", ALIASES)
def test_every_table_with_an_account_is_walled_or_says_why_not(alias: str) -> None:
    with_account = {
        name
        for (name,) in ask(
            alias,
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
            "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition "
            "AND a.attname = 'account_id' AND NOT a.attisdropped",
        )
    }
    exempt = {model._meta.db_table: getattr(model, "exempt", "") for model in lives_in(alias)}
    policed = {name for (name,) in ask(alias, "SELECT DISTINCT tablename FROM pg_policies")}
    for name in with_account:
        reason = exempt.get(name) or ""
        if reason:
            assert len(reason) > 20, f"{name}: say why in a sentence"
            continue
        assert tables(alias)[name] == (True, True), name
        assert name in policed, name
    assert with_account, "the query found nothing to judge"


@pytest.mark.parametrize("alias", ALIASES)
def test_tenant_models_are_walled_with_a_policy_for_each_role_that_may(alias: str) -> None:
    found = ask(alias, "SELECT tablename, unnest(roles)::text, cmd FROM pg_policies")
    for model in lives_in(alias):
        if not issubclass(model, TenantModel):
            continue
        table, access = model._meta.db_table, access_of(model)
        roles = {role for name, role, _ in found if name == table}
        wanted = {f"paasoo_{role}" for role in ("app", "worker", "ingest") if getattr(access, role)}
        assert roles == wanted | {"paasoo_owner"}, table


@pytest.mark.parametrize("alias", ALIASES)
def test_the_apps_policies_name_the_account_and_only_the_switcher_names_a_person(alias: str) -> None:
    for table, qualifier, check in ask(
        alias, "SELECT tablename, qual, with_check FROM pg_policies WHERE 'paasoo_app' = ANY(roles)"
    ):
        rule = f"{qualifier} {check or ''}"
        assert "paasoo.account" in rule or "paasoo.person" in rule, table
        if "paasoo.person" in rule:
            assert table == "accounts_membership"
            assert check is None, "a person may read across accounts, never write"


@pytest.mark.parametrize("alias", ALIASES)
def test_every_table_belongs_to_a_model_and_lies_in_its_plane(alias: str) -> None:
    declared = {model._meta.db_table for model in lives_in(alias)}
    strangers = set(tables(alias)) - declared - {"django_migrations"}
    assert strangers == set()
    assert declared == set(tables(alias)) - {"django_migrations"}


@pytest.mark.parametrize("alias", ALIASES)
def test_grants_are_those_that_the_models_declare(alias: str) -> None:
    for model in lives_in(alias):
        access: Access = access_of(model)
        for role in ("app", "worker", "ingest"):
            declared = {part.strip().split("(")[0].strip() for part in getattr(access, role).split(",")} - {
                ""
            }
            whole = {part for part in declared if f"{part} (" not in getattr(access, role)}
            held = {
                privilege
                for privilege in PRIVILEGES
                if ask(
                    alias,
                    "SELECT has_table_privilege(%s, %s, %s)",
                    f"paasoo_{role}",
                    model._meta.db_table,
                    privilege,
                )[0][0]
            }
            assert held <= declared, (model._meta.db_table, role, held - declared)
            if "(" not in getattr(access, role):
                assert held == whole, (model._meta.db_table, role)


@pytest.mark.parametrize("alias", ALIASES)
def test_none_but_the_owner_and_dumps_may_name_a_partition(alias: str) -> None:
    parts = ask(
        alias,
        "SELECT oid, relname, relrowsecurity, relforcerowsecurity FROM pg_class "
        "WHERE relispartition AND relkind IN ('r', 'p')",
    )
    assert bool(parts) == (alias != "default")
    for oid, name, enabled, forced in parts:
        assert (enabled, forced) == (True, True), name
        for role in LOGINS - {"paasoo_owner"}:
            for privilege in PRIVILEGES:
                held = ask(alias, "SELECT has_table_privilege(%s, %s::oid, %s)", role, oid, privilege)
                dumps = (role, privilege) == ("paasoo_backup", "SELECT")
                assert held == [(dumps,)], (name, role, privilege)


def test_a_partition_made_later_is_closed_as_well(as_role: Any) -> None:
    alias = regions.aliases()[0]
    last = partitions.existing_days(alias, "messaging_message")[-1]
    day = last.replace(year=last.year + 1, day=1)
    with as_role("worker"):
        partitions.ensure(alias, day, day)
    name = partitions.name_of("messaging_message", day)
    for role in LOGINS - {"paasoo_owner"}:
        held = ask(alias, "SELECT has_table_privilege(%s, %s, 'SELECT')", role, name)
        assert held == [(role == "paasoo_backup",)], role


def test_roles_are_what_they_should_be() -> None:
    found = ask(
        "default",
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication "
        "FROM pg_roles WHERE rolname LIKE 'paasoo%%'",
    )
    assert {row[0] for row in found} == LOGINS | {"paasoo_test"}
    for name, superuser, bypasses, makes_roles, makes_databases, _ in found:
        assert not (superuser or makes_roles or makes_databases), name
        assert bypasses == (name == "paasoo_backup"), name


def test_no_role_of_the_product_is_member_of_another() -> None:
    members = ask(
        "default",
        "SELECT m.rolname FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member "
        "WHERE m.rolname LIKE 'paasoo%%' AND m.rolname <> 'paasoo_test'",
    )
    assert members == []


@pytest.mark.parametrize("alias", ALIASES)
def test_functions_that_lend_the_owners_rights_are_closed_and_cannot_be_led_astray(alias: str) -> None:
    found = ask(
        alias,
        "SELECT p.proname, p.proconfig, "
        "EXISTS (SELECT 1 FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0) "
        "FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef",
    )
    assert {row[0] for row in found} >= {"paasoo_partition_create", "paasoo_partition_drop"}
    for name, configuration, everybody in found:
        assert any(setting.startswith("search_path=") for setting in configuration or []), name
        assert not everybody, name


@pytest.mark.parametrize("alias", ALIASES)
def test_nobody_may_make_objects_of_their_own(alias: str) -> None:
    for role in LOGINS - {"paasoo_owner"}:
        assert ask(alias, "SELECT has_schema_privilege(%s, 'public', 'CREATE')", role) == [(False,)], role
        assert ask(alias, "SELECT has_database_privilege(%s, current_database(), 'CREATE')", role) == [
            (False,)
        ]


def test_traffic_tables_refer_to_nothing_elsewhere() -> None:
    for alias in regions.aliases():
        foreign = ask(alias, "SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f'")
        assert foreign == []


@pytest.mark.parametrize(
    "parent", ["messaging_message'; DROP TABLE core_heartbeat; --", "core_heartbeat", "pg_class"]
)
def test_the_worker_makes_and_drops_partitions_and_nothing_else(as_role: Any, parent: str) -> None:
    alias = regions.aliases()[0]
    low, high = "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000001"
    with pytest.raises(Exception, match="not a partition"), as_role("worker"):
        ask(alias, "SELECT paasoo_partition_create(%s, %s, %s, %s)", parent, f"{parent}_20260101", low, high)
    with as_role("worker"):
        ask(alias, "SELECT paasoo_partition_drop(%s, %s)", "messaging_message", "core_heartbeat")
    assert "core_heartbeat" in tables(alias)
