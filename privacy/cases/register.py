"""Which cases are open, which rule a new one follows, and what the customer is shown of them."""

from __future__ import annotations

from uuid import UUID

from paasoo_portal.core import clock, regions
from paasoo_portal.core.tenancy import scope
from privacy.cases.models import Case, CaseRule
from privacy.errors import PrivacyError
from privacy.preservation.models import Preservation


class NoRule(PrivacyError):
    """No rule is published for this kind of case."""


def open_now() -> list[Case]:
    """Those whose copies may still be read: neither closed nor past their day."""
    return list(Case.objects.filter(closed_at=None, ends_on__gt=clock.today()))


def shown(account_id: UUID) -> list[Case]:
    """An account's open cases, newest first, for its own pages."""
    mine = Case.objects.filter(account_id=account_id, closed_at=None, ends_on__gt=clock.today())
    return list(mine.order_by("-opened_at"))


def copies(account_id: UUID) -> dict[UUID, int]:
    """How many copies each of an account's cases and holds has, in all regions."""
    found: dict[UUID, int] = {}
    for alias in regions.aliases():
        with scope(account_id, using=(alias,)):
            for case_id, count in Preservation.objects.using(alias).values_list("pk", "copies"):
                found[case_id] = found.get(case_id, 0) + count
    return found


def rule_of(kind: str) -> CaseRule:
    """The rule in force today. Raises NoRule."""
    found = CaseRule.objects.filter(kind=kind, effective_on__lte=clock.today()).order_by("-effective_on")
    first = found.first()
    if first is None:
        raise NoRule(f"no rule for cases of kind {kind}")
    return first
