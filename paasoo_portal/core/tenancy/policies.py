"""Row-level security as data: which table lets which role do what. Applied by `setup_database` after every migration.

The owner keeps a policy of its own, or FORCE would make data migrations touch no row in silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.apps import apps
from django.db import connections

from paasoo_portal.core.router import BOTH, TRAFFIC, plane_of
from paasoo_portal.core.tenancy.models import TenantModel

ROLES: Final = ("paasoo_app", "paasoo_ingest", "paasoo_worker", "paasoo_backup")
# Evaluated once per query; without NULLIF an emptied setting would be an error instead of no row.
OWN_ACCOUNT: Final = "account_id = (SELECT NULLIF(current_setting('paasoo.account', true), '')::uuid)"

OWN_PERSON: Final = "person_id = (SELECT NULLIF(current_setting('paasoo.person', true), '')::uuid)"


@dataclass(frozen=True)
class Access:
    """What the roles may do with a table. `app`/`worker`/`ingest` are lists of SQL privileges."""

    app: str = "SELECT, INSERT, UPDATE, DELETE"
    worker: str = "SELECT, INSERT, UPDATE, DELETE"
    ingest: str = ""
    # A person may read rows that name them (column person_id) in every account: the account switcher's need.
    own_person: bool = False


def access_of(model: type) -> Access:
    """The model's own `access`, else the default: app and worker read and write, ingest nothing."""
    return getattr(model, "access", Access())


def is_tenant(model: type) -> bool:
    return issubclass(model, TenantModel)


def statements(alias: str) -> Iterator[str]:
    """All statements that bring a database's grants and policies to the declared state; idempotent."""
    yield "REVOKE ALL ON SCHEMA public FROM PUBLIC"
    yield f"GRANT USAGE ON SCHEMA public TO {', '.join(ROLES)}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {', '.join(ROLES)}"
    yield "GRANT SELECT ON ALL TABLES IN SCHEMA public TO paasoo_backup"
    yield "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO paasoo_app, paasoo_worker"
    yield "GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO paasoo_backup"
    for model in _models(alias):
        yield from _grants(model)
        if is_tenant(model):
            yield from _policies(model)


def apply(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        for statement in statements(alias):
            cursor.execute(statement)
        cursor.execute(_REVOKE_PARTITIONS)


def _models(alias: str) -> list[type]:
    control = alias == "default"
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed
        and not model._meta.proxy
        and (plane_of(model) == BOTH or (plane_of(model) == TRAFFIC) != control)
    ]


def _grants(model: type) -> Iterator[str]:
    table = model._meta.db_table  # type: ignore[attr-defined]
    access = access_of(model)
    for role in ("app", "worker", "ingest"):
        privileges = getattr(access, role)
        if privileges:
            yield f'GRANT {privileges} ON "{table}" TO paasoo_{role}'


def _policies(model: type) -> Iterator[str]:
    table = model._meta.db_table  # type: ignore[attr-defined]
    access = access_of(model)
    yield f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY'
    yield f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY'
    yield from _policy(table, "owner_all", "paasoo_owner", "USING (true) WITH CHECK (true)")
    if access.app:
        yield from _policy(
            table, "app_own", "paasoo_app", f"USING ({OWN_ACCOUNT}) WITH CHECK ({OWN_ACCOUNT})"
        )
    if access.own_person:
        yield from _policy(table, "app_person", "", "", f"FOR SELECT TO paasoo_app USING ({OWN_PERSON})")
    if access.worker:
        yield from _policy(table, "worker_jobs", "paasoo_worker", "USING (true) WITH CHECK (true)")
    if access.ingest:
        insert_only = access.ingest == "INSERT"
        clause = "FOR INSERT TO paasoo_ingest WITH CHECK (true)" if insert_only else ""
        yield from _policy(table, "ingest", "paasoo_ingest", "USING (true) WITH CHECK (true)", clause)


def _policy(table: str, name: str, role: str, rule: str, clause: str = "") -> Iterator[str]:
    yield f'DROP POLICY IF EXISTS {name} ON "{table}"'
    yield f'CREATE POLICY {name} ON "{table}" {clause or f"TO {role} {rule}"}'


# A policy is not inherited by a partition named directly, so none may name one but the owner, and for dumps the role
# that reads everything anyway.
_REVOKE_PARTITIONS: Final = """
DO $$
DECLARE part regclass;
BEGIN
  FOR part IN SELECT oid::regclass FROM pg_class WHERE relispartition AND relkind IN ('r', 'p')
              AND relnamespace = 'public'::regnamespace LOOP
    EXECUTE format('REVOKE ALL ON %s FROM paasoo_app, paasoo_ingest, paasoo_worker, PUBLIC', part);
  END LOOP;
END $$
"""
