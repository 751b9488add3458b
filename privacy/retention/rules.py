"""When a key is due: on its own due day, or earlier by the instruction in force; later only by a legal hold.

A key is due at min(its due day, the day it starts + the days in force; 0 counts as 1, the next midnight). An
instruction that lengthens therefore touches new messages only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from paasoo_portal.core import clock
from paasoo_portal.core.tenancy import system_scope
from privacy.holds import register
from privacy.holds.register import Held
from privacy.retention import instructions

# `rule` is joined by account and class; without one the key's own day counts. `held` is what legal holds preserve.
RULES_CTE: Final = (
    "rule AS (SELECT * FROM unnest(%(accounts)s::uuid[], %(classes)s::smallint[], %(days)s::integer[]) "
    "AS r(account_id, data_class, days)), "
    "held AS (SELECT * FROM unnest(%(held_accounts)s::uuid[], %(held_classes)s::smallint[], %(held_from)s::date[], "
    "%(held_to)s::date[]) AS h(account_id, data_class, first_day, last_day))"
)
IS_HELD: Final = (
    "EXISTS (SELECT 1 FROM held h WHERE h.account_id = k.account_id AND h.data_class = k.data_class "
    "AND k.starts_on BETWEEN h.first_day AND h.last_day)"
)
# Without a rule `rule.days` is NULL, and least() passes over a NULL: the key's own day counts.
DUE_ON: Final = "least(k.due_on, k.starts_on + rule.days)"
IS_PAST: Final = f"{DUE_ON} <= %(cutoff)s::date"
IS_DUE: Final = f"{IS_PAST} AND NOT {IS_HELD}"


@dataclass(frozen=True)
class Rules:
    """The instructions and holds in force at a cut-off, as the arrays that SQL takes; `days` as instructed."""

    cutoff_on: date
    accounts: list[UUID]
    classes: list[int]
    days: list[int]
    held: list[Held]

    def parameters(self, **more: Any) -> dict[str, Any]:
        return {
            "held_accounts": [one.account_id for one in self.held],
            "held_classes": [one.data_class for one in self.held],
            "held_from": [one.first_day for one in self.held],
            "held_to": [one.last_day for one in self.held],
            "cutoff": self.cutoff_on,
            "accounts": self.accounts,
            "classes": self.classes,
            "days": [max(days, 1) for days in self.days],
            **more,
        }

    def of(self, account_id: UUID) -> Rules:
        """The same, of one account."""
        picked = [index for index, account in enumerate(self.accounts) if account == account_id]
        return Rules(
            self.cutoff_on,
            [self.accounts[index] for index in picked],
            [self.classes[index] for index in picked],
            [self.days[index] for index in picked],
            [one for one in self.held if one.account_id == account_id],
        )

    def by_class(self) -> dict[int, int]:
        return dict(zip(self.classes, self.days, strict=True))


def at(cutoff_on: date) -> Rules:
    """The rules in force at the UTC midnight that begins `cutoff_on`."""
    with system_scope("retention_rules"):
        found = instructions.all_in_force(clock.midnight(cutoff_on))
        held = register.in_force()
    return Rules(
        cutoff_on, [row[0] for row in found], [row[1] for row in found], [row[2] for row in found], held
    )
