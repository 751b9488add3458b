"""The role table of docs/architecture.md is what PostgreSQL's own catalogue says; a failure prints the right one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections

pytestmark = pytest.mark.django_db(databases="__all__")
DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs/architecture.md"
START = "| table | plane | app | ingest | worker | wall |"
ROLES = ("paasoo_app", "paasoo_ingest", "paasoo_worker")
VERBS = {"SELECT": "read", "INSERT": "add", "UPDATE": "change", "DELETE": "remove"}
ALL = ["read", "add", "change", "remove"]
# Django's own and allauth's tables, which no account owns, stand in one sentence instead.
FOREIGN = ("auth_", "django_", "account_", "accounts_person_")

_TABLES = """
SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,
       EXISTS (SELECT 1 FROM pg_policies p WHERE p.tablename = c.relname AND p.policyname = 'app_person'),
       EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'account_id')
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""


def may(alias: str, role: str, table: str) -> str:
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT verb FROM unnest(%s::text[]) verb WHERE has_table_privilege(%s, quote_ident(%s), verb)",
            [list(VERBS), role, table],
        )
        verbs = [VERBS[verb] for (verb,) in cursor.fetchall()]
    return "all" if verbs == ALL else ", ".join(verbs) or "–"


def wall(walled: bool, by_person: bool, has_account: bool) -> str:
    if walled:
        return "account, or the person's own" if by_person else "account"
    return "exempt" if has_account else "–"


def rows() -> Iterator[str]:
    planes: dict[str, list[str]] = {}
    cells: dict[str, str] = {}
    for alias, plane in (("default", "control"), ("ie", "traffic")):
        with connections[alias].cursor() as cursor:
            cursor.execute(_TABLES)
            found = cursor.fetchall()
        for table, *traits in found:
            if table.startswith(FOREIGN):
                continue
            planes.setdefault(table, []).append(plane)
            granted = " | ".join(may(alias, role, table) for role in ROLES)
            cells[table] = f"{granted} | {wall(*traits)}"
    for table in sorted(cells):
        yield f"| {table} | {' and '.join(planes[table])} | {cells[table]} |"


def test_the_role_table_is_postgresqls_own() -> None:
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    at = lines.index(START) + 2
    written = []
    for line in lines[at:]:
        if not line.startswith("|"):
            break
        written.append(line)
    expected = list(rows())
    assert written == expected, "the table should read:\n" + "\n".join(expected)


def test_what_stands_in_one_sentence_is_walled_by_nobody() -> None:
    """Third-party tables hold nobody's traffic: none has a column account_id."""
    with connections["default"].cursor() as cursor:
        cursor.execute(_TABLES)
        found = cursor.fetchall()
    foreign = [row for row in found if row[0].startswith(FOREIGN)]
    assert foreign
    assert not [table for table, _, _, has_account in foreign if has_account]
