"""Is every hold and case known where its data lie, with a key that lives, and nothing kept that none asks for?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from paasoo_portal.core import clock, hooks
from privacy.cases.models import Case
from privacy.holds.models import LegalHold
from privacy.keys import preserving
from privacy.preservation import wanted as wanting
from privacy.preservation.models import Preservation

# What has ended is let die by a task within the quarter of an hour, or by the night at the latest after its day.
_LATE_AFTER: Final = timedelta(hours=2)


def culprits(alias: str) -> Iterator[dict[str, Any]]:
    """What is wrong in a database, by id. Needs the worker's system scope."""
    wanted = wanting.everything(alias)
    present = {row.pk: row for row in Preservation.objects.using(alias).all()}
    for case_id in wanted.keys() - present.keys():
        yield _culprit(alias, case_id, "a hold or case that its region does not know")
    for case_id, row in present.items():
        lives = preserving.due_day(alias, row.key_id) is not None
        if case_id in wanted and not lives:
            yield _culprit(alias, case_id, "preserved copies whose key is gone before their time")
        elif (
            case_id in wanted
            and sum(hooks.call("preservation.count", alias=alias, case_id=case_id)) < row.copies
        ):
            yield _culprit(alias, case_id, "preserved copies that are missing")
        elif case_id not in wanted and lives and _ended_at(case_id) < clock.now() - _LATE_AFTER:
            yield _culprit(alias, case_id, "preserved copies that outlive their hold or case")


def overdue(alias: str, grace: timedelta) -> list[datetime]:
    """Since when each hold or case waits to be begun or ended in a database, where that is longer than `grace`.

    Needs the worker's system scope.
    """
    wanted = wanting.everything(alias).keys()
    present = set(Preservation.objects.using(alias).values_list("pk", flat=True))
    since = [_begun_at(case_id) for case_id in wanted - present]
    since += [_ended_at(case_id) for case_id in present - wanted]
    return [moment for moment in since if moment < clock.now() - grace]


def _begun_at(case_id: UUID) -> datetime:
    hold = LegalHold.objects.filter(pk=case_id).first()
    return hold.placed_at if hold is not None else Case.objects.get(pk=case_id).opened_at


def _ended_at(case_id: UUID) -> datetime:
    hold = LegalHold.objects.filter(pk=case_id).first()
    case = Case.objects.filter(pk=case_id).first()
    if hold is not None and hold.released_at is not None:
        return hold.released_at
    if case is not None:
        return case.closed_at or clock.midnight(case.ends_on)
    return datetime.min.replace(tzinfo=clock.now().tzinfo)


def _culprit(alias: str, case_id: UUID, problem: str) -> dict[str, Any]:
    return {"kind": problem, "case": str(case_id), "database": alias}
