"""What a run up to a cut-off would let die: counts by account and class. Reads only; keeps P-RET-2."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db import connections

from paasoo_portal.core import hooks
from paasoo_portal.core.tenancy import system_scope
from privacy.keys.models import DataClass
from privacy.retention import rules
from privacy.retention.rules import Rules


@dataclass(frozen=True)
class Line:
    """Of one account and class: how many keys go, and the days whose data they seal (both included)."""

    account_id: UUID
    data_class: int
    keys: int
    first_day: date
    last_day: date
    messages: int | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "account": str(self.account_id),
            "class": DataClass(self.data_class).name.lower(),
            "keys": self.keys,
            "first_day": self.first_day.isoformat(),
            "last_day": self.last_day.isoformat(),
            "messages": self.messages,
        }


def plan(alias: str, cutoff_on: date, *, counted: bool = True) -> list[Line]:
    """Everything due in a database at a cut-off. Needs the worker's role."""
    in_force = rules.at(cutoff_on)
    with system_scope("retention_plan", using=(alias,)):
        lines = due(alias, in_force)
        return [_count(alias, line) for line in lines] if counted else lines


# A branch for each reason instead of one condition, so that each is planned by itself: most keys are due on their own day.
_DUE: Final = f"""
WITH {rules.RULES_CTE}, due AS (
  SELECT k.id, k.account_id, k.data_class, k.starts_on FROM privacy_datakey k WHERE k.due_on <= %(cutoff)s
  UNION
  SELECT k.id, k.account_id, k.data_class, k.starts_on FROM rule JOIN privacy_datakey k USING (account_id, data_class)
  WHERE k.starts_on + rule.days <= %(cutoff)s
  UNION
  SELECT k.id, k.account_id, k.data_class, k.starts_on FROM usual JOIN privacy_datakey k USING (data_class)
  LEFT JOIN rule USING (account_id, data_class)
  WHERE rule.days IS NULL AND k.starts_on <= %(cutoff)s::date - usual.days
)
SELECT account_id, data_class, count(*), min(starts_on), max(starts_on) FROM due k
WHERE (%(account)s::uuid IS NULL OR account_id = %(account)s::uuid) AND NOT {rules.IS_HELD}
GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608  constants


def due(alias: str, in_force: Rules, account_id: UUID | None = None) -> list[Line]:
    """The keys due, counted by account and class, without a look at any message."""
    with connections[alias].cursor() as cursor:
        cursor.execute(_DUE, in_force.parameters(account=account_id))
        return [Line(*row) for row in cursor.fetchall()]


def messages_of(alias: str, account_id: UUID, data_class: int, first_day: date, last_day: date) -> int:
    """How many messages those days hold, by the counters that others registered; never by a look at messages."""
    return sum(
        hooks.call(
            "retention.count",
            alias=alias,
            account_id=account_id,
            data_class=data_class,
            first_day=first_day,
            last_day=last_day,
        )
    )


def _count(alias: str, line: Line) -> Line:
    messages = messages_of(alias, line.account_id, line.data_class, line.first_day, line.last_day)
    return Line(line.account_id, line.data_class, line.keys, line.first_day, line.last_day, messages)
