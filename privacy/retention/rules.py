"""When a key is due: on its own due day, or earlier by the days in force; later only by a legal hold or by law.

A key is due at min(its due day, the day it starts + the days in force; 0 counts as 1, the next midnight). The days in
force are the account's instruction or, without one, the published default. What lengthens touches new messages only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from paasoo_portal.core import clock
from paasoo_portal.core.tenancy import system_scope
from privacy.floors import register as floors
from privacy.holds import register
from privacy.holds.register import Held
from privacy.retention import bounds, instructions

# `rule` is joined by account and class; without one `usual`, the default, counts. `held` is what legal holds preserve,
# and `floored` what the law makes us keep: neither dies.
RULES_CTE: Final = (
    "rule AS (SELECT * FROM unnest(%(accounts)s::uuid[], %(classes)s::smallint[], %(days)s::integer[]) "
    "AS r(account_id, data_class, days)), "
    "usual AS (SELECT * FROM unnest(%(usual_classes)s::smallint[], %(usual_days)s::integer[]) AS u(data_class, days)), "
    "held AS (SELECT * FROM unnest(%(held_accounts)s::uuid[], %(held_classes)s::smallint[], %(held_from)s::date[], "
    "%(held_to)s::date[]) AS h(account_id, data_class, first_day, last_day)), "
    "floored AS (SELECT * FROM unnest(%(floor_classes)s::smallint[], %(floor_days)s::integer[]) "
    "AS f(data_class, days))"
)
IS_HELD: Final = (
    "(EXISTS (SELECT 1 FROM held h WHERE h.account_id = k.account_id AND h.data_class = k.data_class "
    "AND k.starts_on BETWEEN h.first_day AND h.last_day) "
    "OR EXISTS (SELECT 1 FROM floored f WHERE f.data_class = k.data_class "
    "AND k.starts_on + f.days > %(cutoff)s::date))"
)
# A class without bounds (preserved copies) has neither, and least() passes over a NULL: the key's own day counts.
DUE_ON: Final = (
    "least(k.due_on, k.starts_on + "
    "coalesce(rule.days, (SELECT u.days FROM usual u WHERE u.data_class = k.data_class)))"
)
IS_PAST: Final = f"{DUE_ON} <= %(cutoff)s::date"
IS_DUE: Final = f"{IS_PAST} AND NOT {IS_HELD}"


@dataclass(frozen=True)
class Rules:
    """The instructions, defaults, holds and statutory floors in force at a cut-off, as the arrays that SQL takes.

    `days` as instructed; `usual` and `floors` are days by class.
    """

    cutoff_on: date
    accounts: list[UUID]
    classes: list[int]
    days: list[int]
    usual: dict[int, int]
    held: list[Held]
    floors: dict[int, int]

    @property
    def keeps(self) -> bool:
        """Whether anything is kept beyond its day."""
        return bool(self.held or self.floors)

    def parameters(self, **more: Any) -> dict[str, Any]:
        return {
            "held_accounts": [one.account_id for one in self.held],
            "held_classes": [one.data_class for one in self.held],
            "held_from": [one.first_day for one in self.held],
            "held_to": [one.last_day for one in self.held],
            "usual_classes": list(self.usual),
            "usual_days": [max(days, 1) for days in self.usual.values()],
            "floor_classes": list(self.floors),
            "floor_days": list(self.floors.values()),
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
            self.usual,
            [one for one in self.held if one.account_id == account_id],
            self.floors,
        )

    def by_class(self) -> dict[int, int]:
        return dict(zip(self.classes, self.days, strict=True))


def at(cutoff_on: date) -> Rules:
    """The rules in force at the UTC midnight that begins `cutoff_on`."""
    with system_scope("retention_rules"):
        found = instructions.all_in_force(clock.midnight(cutoff_on))
        usual = {one.data_class: one.default_days for one in bounds.in_force(cutoff_on).values()}
        held = register.in_force()
        floored = floors.in_force(cutoff_on)
    return Rules(
        cutoff_on,
        [row[0] for row in found],
        [row[1] for row in found],
        [row[2] for row in found],
        usual,
        held,
        floored,
    )
