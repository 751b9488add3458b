"""What a database's keys, epochs, journal, snapshots and days come to, counted by the worker for the staff's dashboard.

Pages run as a role that sees one account's keys at a time, so they show what was counted last, and when. Counts and
days alone: no account is named. Keeps P-RET-2, P-RET-7.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from django.db import DatabaseError, connections

from paasoo_portal.core import clock, partitions
from paasoo_portal.core.tenancy import system_scope
from privacy import journal
from privacy.alarms import conditions
from privacy.alarms.models import Standing
from privacy.errors import PrivacyError
from privacy.keys import epochs, status
from privacy.keys.models import DataClass
from privacy.preservation.models import Preservation
from privacy.retention import rules
from privacy.retention.verify import expected_cutoff

# A key stands in two epochs while it is carried over. A key that is held, or kept by law, is not due.
_KEYS: Final = f"""
WITH {rules.RULES_CTE}, k AS (
  SELECT DISTINCT ON (id) id, account_id, data_class, starts_on, due_on FROM privacy_datakey ORDER BY id, epoch DESC
), judged AS (
  SELECT data_class, {rules.DUE_ON} AS due_on, {rules.IS_HELD} AS held
  FROM k LEFT JOIN rule USING (account_id, data_class)
)
SELECT data_class, count(*),
  count(*) FILTER (WHERE NOT held AND due_on <= %(cutoff)s),
  count(*) FILTER (WHERE NOT held AND due_on <= %(expected)s),
  count(*) FILTER (WHERE held AND due_on <= %(cutoff)s),
  count(*) FILTER (WHERE NOT held AND due_on = %(cutoff)s::date + 1),
  min(due_on) FILTER (WHERE NOT held AND due_on > %(cutoff)s)
FROM judged GROUP BY 1 ORDER BY 1
"""  # noqa: S608  constants


def count(alias: str) -> None:
    """Count one database and keep it. Needs the worker's role. What cannot be counted is named, not guessed."""
    figures: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, ask in _ASKED.items():
        try:
            figures[name] = ask(alias)
        except (PrivacyError, DatabaseError) as error:
            problems[name] = type(error).__name__
    figures["problems"] = problems
    Standing.objects.update_or_create(
        database=alias, defaults={"counted_at": clock.now(), "figures": figures}
    )


def _keys(alias: str) -> list[dict[str, Any]]:
    """By class: how many live, are due at today's cut-off, are late, are held past their day, go next midnight; and
    when the next ones go.
    """
    today, expected = clock.today(), expected_cutoff(alias)
    in_force = rules.at(today)
    with system_scope("standing", using=(alias,)), connections[alias].cursor() as cursor:
        cursor.execute(_KEYS, in_force.parameters(expected=expected))
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    nothing = (0, 0, 0, 0, 0, None)
    return [_line(one, *found.get(one, nothing)) for one in DataClass]


def _line(
    data_class: int, living: int, due: int, late: int, held: int, tomorrow: int, next_on: date | None
) -> dict[str, Any]:
    return {
        "data_class": int(data_class),
        "living": living,
        "due": due,
        "late": late,
        "held": held,
        "tomorrow": tomorrow,
        "next_on": next_on.isoformat() if next_on else None,
    }


def _epochs(alias: str) -> dict[str, Any]:
    found = status.epochs(alias)
    born = epochs.first_opened_at(alias)
    return found | {"born_on": born.date().isoformat() if born else None}


def _journal(alias: str) -> dict[str, Any]:
    state = journal.journal().state()
    return {
        "head": state.head,
        "last": state.of(alias).newest_done()[0],
        "undecided": len(conditions.undecided_since(alias)),
    }


def _snapshot(alias: str) -> dict[str, Any]:
    at = conditions.snapshot_at(alias)
    return {"at": at.isoformat() if at else None}


def _days(alias: str) -> dict[str, Any]:
    tables = [model._meta.db_table for model in partitions.partitioned_models()]
    days = [one for table in tables for one in partitions.existing_days(alias, table)]
    return {
        "ahead": partitions.days_left(alias),
        "behind": max((clock.today() - min(days)) // timedelta(days=1), 0) if days else 0,
    }


def _copies(alias: str) -> dict[str, Any]:
    with system_scope("standing", using=(alias,)):
        kept = list(Preservation.objects.using(alias).values_list("copies", flat=True))
    return {"cases": len(kept), "copies": sum(kept)}


_ASKED: Final = {
    "keys": _keys,
    "epochs": _epochs,
    "journal": _journal,
    "snapshot": _snapshot,
    "days": _days,
    "copies": _copies,
}
