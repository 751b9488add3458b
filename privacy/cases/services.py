"""Opening, extending and closing a case. Its end is fixed when it opens, lies in the key itself, and always holds.

The originals neither wait for a case nor reach less far: copies are made, and the customer is shown that there are.
Keeps P-RET-8.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core import audit, clock
from privacy.cases import register
from privacy.cases.models import Case
from privacy.disclosure import extracts
from privacy.disclosure.models import Extract
from privacy.errors import PrivacyError
from privacy.holds.services import between_runs, send_to_regions
from privacy.preservation import services as preservation
from privacy.preservation import wanted as wanting

# Copies are taken of what is there, not of what may come: a case names days, and they end today at the latest.
LONGEST_DAYS: Final = 92


class CaseRefused(PrivacyError):
    """A case that its rule does not allow."""

    user: str | Promise = _("The rule of this kind of case does not allow it.")


class NotYours(CaseRefused):
    user: str | Promise = _("Cases of this kind are opened by the privacy officer.")


class Over(CaseRefused):
    user: str | Promise = _("This case is over.")


class ExtendedOnce(CaseRefused):
    user: str | Promise = _("It was extended before. A case is extended once.")


def open_case(
    *,
    kind: str,
    account_id: UUID,
    number: str,
    first_day: date,
    last_day: date,
    with_number: bool,
    with_content: bool,
    reason: str,
    by_id: UUID,
    guarded: bool,
) -> Case:
    """Begin to copy, as far as the kind's rule allows. `guarded`: may open the officer's kinds.

    Raises CaseRefused, NotYours, NoRule, HoldRefused while a night's run is at work.
    """
    rule = register.rule_of(kind)
    if rule.officer_only and not guarded:
        raise NotYours(f"cases of kind {kind} are the officer's")
    if (with_content and not rule.with_content) or ((with_number or number) and not rule.with_number):
        raise CaseRefused(f"a case of kind {kind} copies less")
    if not first_day <= last_day <= clock.today() or (last_day - first_day).days >= LONGEST_DAYS:
        raise CaseRefused(f"a case of kind {kind} names other days")
    with between_runs(account_id), transaction.atomic(durable=True):
        now = clock.now()
        made = Case.objects.create(
            kind=kind,
            account_id=account_id,
            number=number or None,
            first_day=first_day,
            last_day=last_day,
            with_number=with_number,
            with_content=with_content,
            most=rule.most,
            reason=reason,
            opened_by_id=by_id,
            opened_at=now,
            ends_on=now.date() + timedelta(days=rule.days),
            extension_days=rule.extension_days,
        )
        wanted = wanting.of_case(made)
        for alias in wanting.aliases_of(wanted):
            preservation.arm(alias, wanted)
        _record(audit.Event.CASE_OPENED, made, by_id)
    transaction.on_commit(lambda: send_to_regions("privacy.preserve"))
    return made


def extend(case_id: UUID, *, reason: str, by_id: UUID) -> Case:
    """Once, by what its rule said when it was opened. Raises Over, ExtendedOnce, CaseRefused."""
    with transaction.atomic():
        found = _open(case_id)
        if found.extended_at is not None:
            raise ExtendedOnce(f"case {case_id} was extended")
        if not found.extension_days:
            raise CaseRefused(f"case {case_id} is of a kind that is not extended")
        found.extended_at, found.extended_by_id, found.extension_reason = clock.now(), by_id, reason
        found.ends_on += timedelta(days=found.extension_days)
        found.save(update_fields=["extended_at", "extended_by_id", "extension_reason", "ends_on"])
        _record(audit.Event.CASE_EXTENDED, found, by_id)
    transaction.on_commit(lambda: send_to_regions("privacy.preserve"))
    return found


def close(case_id: UUID, *, by_id: UUID) -> Case:
    """Let go before its end; the copies die at once. Raises Over."""
    with transaction.atomic():
        found = _open(case_id)
        found.closed_at, found.closed_by_id, found.number = clock.now(), by_id, None
        found.save(update_fields=["closed_at", "closed_by_id", "number"])
        _record(audit.Event.CASE_CLOSED, found, by_id)
    transaction.on_commit(lambda: send_to_regions("privacy.preserve"))
    return found


def forget_numbers() -> int:
    """The number of a case goes with its copies, also where it ended by itself; how many. Worker's role."""
    over = Case.objects.filter(ends_on__lte=clock.today(), number__isnull=False)
    return over.update(number=None)


def prepare(case_id: UUID, *, by_id: UUID) -> Extract:
    """Have a file made of its copies, which somebody else releases. Raises Over, OneAtATime."""
    with transaction.atomic():
        found = _open(case_id)
        return extracts.prepare(case_id=found.pk, account_id=found.account_id, order_id=None, by_id=by_id)


def _open(case_id: UUID) -> Case:
    found = Case.objects.select_for_update().get(pk=case_id)
    if not found.is_open:
        raise Over(f"case {case_id} is over")
    return found


def _record(event: audit.Event, case: Case, by_id: UUID) -> None:
    audit.record(
        event,
        account_id=case.account_id,
        actor_id=by_id,
        actor_kind="staff",
        subject_id=case.pk,
        kind=case.kind,
        until=case.ends_on.isoformat(),
    )
