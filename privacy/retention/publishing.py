"""Publishing new bounds of retention: by staff, from a day ahead, and told to every account that they touch.

Nothing is edited: a bound holds from its day until the next one's. One that lets anything go earlier is published a month
before, so that a customer can take a copy in time. Keeps P-RET-11, P-POL-1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core import clock, hooks
from paasoo_portal.core.audit import Event, record
from paasoo_portal.core.tenancy import system_scope
from privacy.keys.models import DataClass
from privacy.retention import bounds, instructions, runs
from privacy.retention.bounds import Bound
from privacy.retention.models import RetentionBound

NOTICE: Final = timedelta(days=30)
KIND: Final = "bounds"


def publish(
    *,
    data_class: int,
    default_days: int,
    floor_days: int,
    ceiling_days: int,
    effective_on: date,
    reason: str,
    by_id: UUID | None,
) -> RetentionBound:
    """Publish a class's bounds from a day on. Raises ValidationError naming the field."""
    new = Bound(data_class, default_days, floor_days, ceiling_days)
    validate(new, effective_on, reason)
    with transaction.atomic():
        made = RetentionBound.objects.create(
            data_class=data_class,
            default_days=default_days,
            floor_days=floor_days,
            ceiling_days=ceiling_days,
            effective_on=effective_on,
            reason=reason,
            published_at=clock.now(),
            published_by_id=by_id,
        )
        record(
            Event.BOUND_PUBLISHED,
            actor_id=by_id,
            actor_kind="staff",
            data_class=data_class,
            default_days=default_days,
            floor_days=floor_days,
            ceiling_days=ceiling_days,
        )
    return made


def earliest(new: Bound, former: Bound) -> date:
    """The first day from which a bound may hold: a month ahead where anything goes earlier by it."""
    shortens = new.default_days < former.default_days or new.ceiling_days < former.ceiling_days
    return clock.today() + (NOTICE if shortens else timedelta(days=1))


def touched(found: RetentionBound, accounts: Iterable[UUID]) -> Iterator[tuple[UUID, int, int]]:
    """Of these accounts, those whose days the bound changes: account, days before, days from then on. System scope."""
    before = bounds.bound(found.data_class, found.effective_on - timedelta(days=1))
    new = Bound(found.data_class, found.default_days, found.floor_days, found.ceiling_days)
    said = instructions.instructed(found.data_class, clock.now())
    for account in accounts:
        days = said.get(account)
        old = before.default_days if days is None else before.clamp(days)
        then = new.default_days if days is None else new.clamp(days)
        if old != then:
            yield account, old, then


def put_in_force() -> int:
    """On the day from which a bound holds, tell the regions of every account, once; how many bounds. Worker's role."""
    today = clock.today()
    with system_scope("retention_bounds"):
        due = set(
            RetentionBound.objects.filter(
                published_at__isnull=False, effective_on__lte=today, effective_on__gt=today - NOTICE
            ).values_list("effective_on", flat=True)
        )
        waiting = due - runs.days_done("default", KIND, due)
    for day in sorted(waiting):
        for account in _accounts():
            instructions.announce(account)
        with system_scope("retention_bounds"):
            run, _found = runs.begin("default", KIND, day)
            runs.finish(run)
    return len(waiting)


def _accounts() -> Iterator[UUID]:
    for found in hooks.call("accounts.open"):
        yield from found


def validate(new: Bound, effective_on: date, reason: str) -> None:
    """Raise ValidationError naming each field that will not do."""
    errors: dict[str, list[ValidationError]] = {}
    if new.data_class not in set(DataClass):
        errors["data_class"] = [ValidationError(_("Choose a class of data"))]
        raise ValidationError(errors)
    if not new.floor_days <= new.default_days <= new.ceiling_days:
        errors["default_days"] = [ValidationError(_("The default lies between floor and ceiling"))]
    first = earliest(new, bounds.bound(new.data_class, max(effective_on, clock.today())))
    if effective_on < first:
        errors["effective_on"] = [
            ValidationError(
                _("Choose %(day)s or later: what lets data go earlier is announced a month before"),
                params={"day": first.isoformat()},
            )
        ]
    if RetentionBound.objects.filter(data_class=new.data_class, effective_on=effective_on).exists():
        errors["effective_on"] = [ValidationError(_("A bound of this class holds from this day already"))]
    if not reason.strip():
        errors["reason"] = [ValidationError(_("Name the law or clause behind it"))]
    if errors:
        raise ValidationError(errors)
