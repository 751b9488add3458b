"""A customer's instruction: how long each class of its traffic is kept.

Shortening takes effect after a grace period in which it can be cancelled; lengthening takes effect at once
and for new messages only, because a key's due day is fixed when it is made. Instructions are appended, never
edited, and a new one cancels what is still pending. Keeps P-RET-1, P-RET-2.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from paasoo_portal.core import clock, hooks
from paasoo_portal.core.audit import Event, record
from paasoo_portal.core.tenancy import scope
from privacy import journal
from privacy.keys.models import DataClass
from privacy.retention import bounds, journaled
from privacy.retention.models import RetentionInstruction

GRACE: Final = timedelta(hours=24)


def in_force(account_id: UUID, data_class: int, at: datetime | None = None) -> int:
    """The days an account's class is kept at an instant: its instruction within the bounds, or their default."""
    return days_of(account_id, [data_class], at)[data_class]


def days_of(account_id: UUID, data_classes: Iterable[int], at: datetime | None = None) -> dict[int, int]:
    """The days in force of several classes, in one query."""
    instant = at or clock.now()
    with scope(account_id):
        rows = (
            RetentionInstruction.objects.filter(cancelled_at=None, effective_at__lte=instant)
            .order_by("data_class", "-effective_at", "-instructed_at")
            .distinct("data_class")
        )
        instructed = dict(rows.values_list("data_class", "days"))
    limits = bounds.of(data_classes, instant.date())
    return {
        data_class: limit.clamp(instructed[data_class]) if data_class in instructed else limit.default_days
        for data_class, limit in limits.items()
    }


def pending(account_id: UUID, data_class: int) -> RetentionInstruction | None:
    """The instruction that waits for its grace period to end."""
    with scope(account_id):
        waiting: RetentionInstruction | None = (
            RetentionInstruction.objects.filter(
                data_class=data_class, cancelled_at=None, effective_at__gt=clock.now()
            )
            .order_by("-instructed_at")
            .first()
        )
    return waiting


def history(account_id: UUID) -> list[RetentionInstruction]:
    """All of an account's instructions, newest first."""
    with scope(account_id):
        return list(RetentionInstruction.objects.order_by("-instructed_at"))


def instruct(
    *,
    account_id: UUID,
    data_class: int,
    days: int,
    person_id: UUID | None,
    actor_kind: str = "member",
    knowingly: bool = False,
) -> RetentionInstruction:
    """Record an instruction. The caller has asked for recent authentication and shown the preview.

    Raises ValidationError naming `days`; with code "outlives_number" when content would outlive its number
    and `knowingly` is not set (such content can no longer be found by number).
    """
    now = clock.now()
    with journal.erasing(journaled.KIND, database="default") as erasure, scope(account_id):
        _lock(account_id)
        current = in_force(account_id, data_class, now)
        waiting = pending(account_id, data_class)
        _validate(account_id, data_class, days, current, waiting, knowingly, now)
        cancelled = _cancel_pending(data_class, now)
        instruction: RetentionInstruction = RetentionInstruction.objects.create(
            account_id=account_id,
            data_class=data_class,
            days=days,
            instructed_by_id=person_id,
            instructed_at=now,
            effective_at=now + GRACE if days < current else now,
        )
        record(
            Event.RETENTION_INSTRUCTED,
            account_id=account_id,
            actor_id=person_id,
            actor_kind=actor_kind,
            subject_id=instruction.id,
            data_class=int(data_class),
            days=days,
            former_days=current,
        )
        journaled.given(erasure, instruction, cancelled)
        transaction.on_commit(lambda: announce(account_id))
    return instruction


def cancel(
    *, account_id: UUID, instruction_id: UUID, person_id: UUID | None, actor_kind: str = "member"
) -> None:
    """Take back an instruction within its grace period. Raises ValidationError when it is too late."""
    with journal.erasing(journaled.KIND, database="default") as erasure, scope(account_id):
        _lock(account_id)
        now = clock.now()
        changed = RetentionInstruction.objects.filter(
            id=instruction_id, cancelled_at=None, effective_at__gt=now
        ).update(cancelled_at=now)
        if not changed:
            raise ValidationError(_("This instruction has taken effect or was cancelled already."))
        record(
            Event.RETENTION_CANCELLED,
            account_id=account_id,
            actor_id=person_id,
            actor_kind=actor_kind,
            subject_id=instruction_id,
        )
        journaled.taken_back(erasure, account_id, instruction_id)


def announce(account_id: UUID) -> None:
    """Tell the regions what is in force, so that new messages get the right due day."""
    hooks.call("account.changed", account_id=account_id)


def effective_between(after: datetime, until: datetime) -> list[UUID]:
    """Accounts one of whose instructions took effect in (after, until]. Needs a system scope."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT account_id FROM privacy_retentioninstruction "
            "WHERE cancelled_at IS NULL AND effective_at > %s AND effective_at <= %s",
            [after, until],
        )
        return [row[0] for row in cursor.fetchall()]


def instructed(data_class: int, at: datetime) -> dict[UUID, int]:
    """What each account last instructed for a class, as it said it. Needs a system scope."""
    rows = (
        RetentionInstruction.objects.filter(data_class=data_class, cancelled_at=None, effective_at__lte=at)
        .order_by("account_id", "-effective_at", "-instructed_at")
        .distinct("account_id")
    )
    return dict(rows.values_list("account_id", "days"))


def all_in_force(at: datetime) -> list[tuple[UUID, int, int]]:
    """(account, class, days) of every account that has instructed anything. Needs a system scope."""
    limits = bounds.in_force(at.date())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (account_id, data_class) account_id, data_class, days "
            "FROM privacy_retentioninstruction WHERE cancelled_at IS NULL AND effective_at <= %s "
            "ORDER BY account_id, data_class, effective_at DESC, instructed_at DESC",
            [at],
        )
        return [
            (account_id, data_class, limits[data_class].clamp(days))
            for account_id, data_class, days in cursor.fetchall()
        ]


def _validate(
    account_id: UUID,
    data_class: int,
    days: int,
    current: int,
    waiting: RetentionInstruction | None,
    knowingly: bool,
    now: datetime,
) -> None:
    limits = bounds.bound(data_class, now.date())
    if not limits.floor_days <= days <= limits.ceiling_days:
        raise ValidationError(
            {
                "days": ValidationError(
                    _("Choose between %(floor)s and %(ceiling)s days."),
                    code="out_of_bounds",
                    params={"floor": limits.floor_days, "ceiling": limits.ceiling_days},
                )
            }
        )
    if days == current and waiting is None:
        text = ngettext_lazy("It is kept %(days)s day already.", "It is kept %(days)s days already.", "days")
        raise ValidationError({"days": ValidationError(text, code="unchanged", params={"days": days})})
    if not knowingly and _content_outlives_number(account_id, data_class, days, now):
        raise ValidationError(
            {
                "days": ValidationError(
                    _(
                        "Content would be kept longer than the numbers it was sent to, and could then no longer be "
                        "found by number. Confirm that this is what you want."
                    ),
                    code="outlives_number",
                )
            }
        )


def _content_outlives_number(account_id: UUID, data_class: int, days: int, now: datetime) -> bool:
    if data_class == DataClass.CONTENT:
        return days > in_force(account_id, DataClass.NUMBER, now)
    if data_class == DataClass.NUMBER:
        return in_force(account_id, DataClass.CONTENT, now) > days
    return False


def _cancel_pending(data_class: int, now: datetime) -> list[UUID]:
    """Which they were. Needs the account's scope."""
    waiting = RetentionInstruction.objects.filter(
        data_class=data_class, cancelled_at=None, effective_at__gt=now
    )
    cancelled = list(waiting.values_list("pk", flat=True))
    waiting.update(cancelled_at=now)
    return cancelled


def _lock(account_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 11))", [str(account_id)])
