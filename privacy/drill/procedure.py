"""The procedure that docs/operators.md tells, run as an operator runs it: commands in processes of their own.

Before it, a restored copy must refuse to start; after it, what was erased is gone there, what lives opens, and it starts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from psycopg import sql

from privacy.drill import samples
from privacy.drill.copies import Connection, Group, Restored
from privacy.drill.samples import Planted, SealedValue
from privacy.drill.world import Message, Traces
from privacy.errors import PrivacyError
from privacy.keys import store
from privacy.keys.datakey import DataKey

_START: Final = ["-c", "import paasoo_portal.wsgi"]
_MANAGE: Final = ["-m", "django"]
_PLACES: Final = ("KEY_VAULT_URL", "ERASURE_JOURNAL_URL", "KEY_SNAPSHOT_URL")
_SECONDS: Final = 3600


@dataclass(frozen=True)
class Check:
    """One thing that must be so; `found` says what is wrong or how much was right."""

    check: str
    ok: bool
    found: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def run(group: Group, aliases: list[str], traces: Traces, planted: dict[str, list[Planted]]) -> list[Check]:
    """On copies that a child process can reach; what it was told and what is in them afterwards."""
    checks = [_refuses("a restored copy refuses to start", group)]
    for alias in aliases:
        checks.append(_succeeds(group, "keys", "restore", "--database", alias, "--json"))
    checks.append(_succeeds(group, "erasures", "replay", "--json"))
    checks.append(_starts("after the procedure it would start", group))
    checks.append(_succeeds(group, "retention", "verify", "--json"))
    for copy in group.copies:
        if copy.alias == "default":
            checks += _people(copy, traces)
        else:
            checks += _messages(copy, traces, planted[copy.alias])
    return checks


# --- Child processes -------------------------------------------------------------------------------------------------


def _child(group: Group, role: str, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    environ = {
        **os.environ,
        **{name: value.replace("{role}", role) for name, value in group.environ.items()},
        **{name: getattr(settings, name) for name in _PLACES},
        "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
        "PAASOO_ENV": settings.ENVIRONMENT,
        "PAASOO_ROLE": role,
        "PAASOO_VAR": str(settings.VAR),
    }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR, env=environ, capture_output=True, text=True, timeout=_SECONDS, check=False,
    )  # fmt: skip


def _refuses(what: str, group: Group) -> Check:
    done = _child(group, "app", _START)
    told = done.stderr
    return Check(what, done.returncode != 0 and "erasures replay" in told, _last(told) or "it started")


def _starts(what: str, group: Group) -> Check:
    done = _child(group, "app", _START)
    return Check(what, done.returncode == 0, _last(done.stderr) if done.returncode else "")


def _succeeds(group: Group, *command: str) -> Check:
    done = _child(group, "worker", [*_MANAGE, *command])
    what = f"manage.py {' '.join(part for part in command if part != '--json')}"
    if done.returncode:
        return Check(what, ok=False, found=_last(done.stderr) or done.stdout[-400:])
    return Check(what, ok=True, found=json.dumps(json.loads(done.stdout)))


def _last(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-3:])


# --- What is in the copies afterwards ----------------------------------------------------------------------------------


def _people(copy: Restored, traces: Traces) -> list[Check]:
    text = _everything(copy.connection)
    back = [word for word in traces.words_gone if word in text]
    lost = [word for word in traces.words_living if word not in text]
    return [
        Check("no erased name or address is in the restored control plane", not back, f"{len(back)} of them"),
        Check("every living name and address is there", not lost, f"{len(lost)} are missing"),
    ]


def _everything(connection: Connection) -> str:
    """Every row of every table, as text."""
    told = []
    tables = connection.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition "
        "AND relnamespace = 'public'::regnamespace"
    ).fetchall()
    for (table,) in tables:
        query = sql.SQL("SELECT string_agg(t::text, ' ') FROM {} t").format(sql.Identifier(table))
        row = connection.execute(query).fetchone()
        told.append(str(row[0] if row else ""))
    return "\n".join(told)


def _messages(copy: Restored, traces: Traces, planted: list[Planted]) -> list[Check]:
    """Rows that were erased are not there or open by nothing; rows that live open by the copy's own keys."""
    alias = copy.alias
    held = _keys(copy)
    opened: dict[UUID, set[bytes]] = {}
    present: set[UUID] = set()
    unknown = 0
    for value in samples.sealed_values(copy.connection):
        present.add(value.row)
        if value.key_id in held:
            opened.setdefault(value.row, set()).add(_open(held[value.key_id], value))
        elif value.key_id not in held.erased:
            unknown += 1
    dead, erased = (_rows(part.get(alias, [])) for part in (traces.dead, traces.erased))
    due = {sample.row for sample in planted if sample.due}
    living = {one.row: {one.text.encode(), one.number.encode()} for one in traces.living.get(alias, [])}
    # What was written after the dump is not in it; that it opens is seen in the copy with its WAL.
    lost = [row for row, said in living.items() if row in present and opened.get(row) != said]
    lost += [one.row for one in planted if not one.due and opened.get(one.row) != {one.text}]
    there = len(living.keys() & present)
    return [
        Check(f"{alias}: nothing that is due or of a closed account opens", not opened.keys() & (dead | due)),
        Check(f"{alias}: no message that was erased by hand is there", not present & erased),
        Check(f"{alias}: every message that lives opens", not lost and there > 0, f"{there} messages"),
        Check(f"{alias}: every other value is known to be erased", unknown == 0, f"{unknown} are not"),
    ]


class _Keys(dict[UUID, DataKey]):
    """The copy's living keys by id, and the ids of its tombstones."""

    erased: set[UUID]


def _keys(copy: Restored) -> _Keys:
    found = _Keys()
    query = f"SELECT {store.COLUMNS} FROM privacy_datakey"  # noqa: S608  constants
    for row in copy.connection.execute(query).fetchall():
        try:
            key = store.unwrap(copy.alias, store.KeyRow(*row))
        except PrivacyError:
            continue  # a value that it sealed is then neither open nor known to be erased
        found[key.id] = key
    tombstones = copy.connection.execute("SELECT key_id FROM privacy_keytombstone").fetchall()
    found.erased = {row[0] for row in tombstones}
    return found


def _open(key: DataKey, value: SealedValue) -> bytes:
    try:
        return key.open(value.sealed, table=value.table, column=value.column, row=value.row)
    except PrivacyError:
        return b""


def _rows(messages: list[Message]) -> set[UUID]:
    return {message.row for message in messages}
