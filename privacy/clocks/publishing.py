"""Publishing a clock: by staff, from a day ahead or later, never for what has begun already. Keeps P-RET-11, P-RGT-2.

Nothing is edited: a clock holds from its day until the next of its kind and region. Administrators, who answer their
members under some of them, are written to before those hold.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core import clock
from paasoo_portal.core.audit import Event, record
from privacy.clocks import register
from privacy.clocks.models import IN_MONTHS, REGIONS, ClockKind, LegalClock, Unit

# The shortest and longest of each that make sense, in days; what a law asks lies well within.
LIMITS: Final = {
    ClockKind.ANSWER: (1, 92),
    ClockKind.EXTENSION: (0, 92),
    ClockKind.TAKE_OVER: (1, 28),
    ClockKind.CONFIRM: (1, 14),
    ClockKind.ORDER_REVIEW: (1, 366),
    ClockKind.CLOSING: (1, 90),
    # The file goes after a hundred days at most (see the catalogue's stores).
    ClockKind.RETURN: (7, 90),
}
_MONTH: Final = 30
# Under these an account's administrators answer their members, or lose what they did not fetch.
TOLD: Final = frozenset(
    {ClockKind.ANSWER, ClockKind.EXTENSION, ClockKind.TAKE_OVER, ClockKind.CLOSING, ClockKind.RETURN}
)


def publish(
    *, kind: str, region: str, amount: int, unit: str, effective_on: date, reason: str, by_id: UUID | None
) -> LegalClock:
    """Publish a clock from a day on. Raises ValidationError naming the field."""
    validate(kind=kind, region=region, amount=amount, unit=unit, effective_on=effective_on, reason=reason)
    with transaction.atomic():
        made = LegalClock.objects.create(
            kind=kind,
            region=region,
            amount=amount,
            unit=unit,
            effective_on=effective_on,
            reason=reason,
            published_at=clock.now(),
            published_by_id=by_id,
        )
        record(
            Event.CLOCK_PUBLISHED,
            actor_id=by_id,
            actor_kind="staff",
            kind=kind,
            region=region,
            amount=amount,
            unit=unit,
        )
    return made


def validate(*, kind: str, region: str, amount: int, unit: str, effective_on: date, reason: str) -> None:
    """Raise ValidationError naming each field that will not do."""
    errors: dict[str, list[ValidationError]] = {}
    if kind not in ClockKind.values:
        raise ValidationError({"kind": [ValidationError(_("Choose a clock"))]})
    if region and (region not in REGIONS or kind not in {ClockKind.ANSWER, ClockKind.EXTENSION}):
        errors["region"] = [ValidationError(_("Only answers and their extension differ by region"))]
    if unit == Unit.MONTHS and kind not in IN_MONTHS:
        errors["unit"] = [ValidationError(_("This clock counts days"))]
    least, most = LIMITS[ClockKind(kind)]
    days = amount * _MONTH if unit == Unit.MONTHS else amount
    if not least <= days <= most:
        errors["amount"] = [
            ValidationError(
                _("From %(least)d to %(most)d days, or as many months"), params={"least": least, "most": most}
            )
        ]
    if effective_on <= clock.today():
        errors["effective_on"] = [ValidationError(_("Choose tomorrow or later"))]
    if LegalClock.objects.filter(kind=kind, region=region, effective_on=effective_on).exists():
        errors["effective_on"] = [ValidationError(_("A clock of this kind holds from this day already"))]
    if not reason.strip():
        errors["reason"] = [ValidationError(_("Name the law or clause behind it"))]
    if errors:
        raise ValidationError(errors)


def coming() -> list[LegalClock]:
    """What was published, does not hold yet, and is told to administrators."""
    rows = LegalClock.objects.filter(published_at__isnull=False, effective_on__gte=clock.today())
    return list(rows.filter(kind__in=sorted(TOLD)).order_by("effective_on"))


def former(row: LegalClock) -> register.Span:
    """What held the day before."""
    return register.span(row.kind, row.effective_on - timedelta(days=1), row.region)
