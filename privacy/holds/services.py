"""Placing and releasing holds. Both take their turn with the night's runs, so that neither overtakes the other.

A hold keeps keys from dying, and no reader: what is due stays unreadable to everybody, and is restricted in this sense
(GDPR Art. 18). Released, it dies at once and not at the next midnight. Keeps P-RET-9.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from typing import Final
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core import audit, clock, regions
from privacy.errors import PrivacyError
from privacy.holds.models import LegalHold
from privacy.keys import locks
from privacy.retention.tasks import queue_of

WAIT_SECONDS: Final = 5.0


class HoldRefused(PrivacyError):
    """A hold that cannot be placed or released just now."""

    user: str | Promise = _("A night’s run is at work. Try again in a minute.")


def place(
    *,
    account_id: UUID,
    classes: Sequence[int],
    first_day: date,
    last_day: date | None,
    authority: str,
    reference: str,
    review_on: date,
    by_id: UUID | None,
) -> LegalHold:
    """Preserve what lives now; what died before cannot come back. Raises HoldRefused while a night's run is at work."""
    with _between_runs(), transaction.atomic():
        made = LegalHold.objects.create(
            account_id=account_id,
            classes=sorted(classes),
            first_day=first_day,
            last_day=last_day,
            authority=authority,
            reference=reference,
            review_on=review_on,
            placed_by_id=by_id,
        )
        _record(audit.Event.HOLD_PLACED, made, by_id)
    return made


def release(hold_id: UUID, *, by_id: UUID | None) -> bool:
    """Let go, and go on at once with the erasure that waited. False for one that is released already."""
    with _between_runs(), transaction.atomic():
        found = LegalHold.objects.select_for_update().get(pk=hold_id)
        if found.released_at is not None:
            return False
        found.released_at, found.released_by_id = clock.now(), by_id
        found.save(update_fields=["released_at", "released_by_id"])
        _record(audit.Event.HOLD_RELEASED, found, by_id)
        transaction.on_commit(lambda: _go_on(found.pk))
    return True


def _go_on(hold_id: UUID) -> None:
    for alias in regions.aliases():
        current_app.send_task("privacy.hold_released", args=[alias, str(hold_id)], queue=queue_of(alias))


@contextmanager
def _between_runs() -> Iterator[None]:
    with ExitStack() as held:
        for alias in regions.aliases():
            try:
                held.enter_context(locks.maintenance(alias, wait_seconds=WAIT_SECONDS))
            except locks.Busy:
                raise HoldRefused(f"keys of {alias} are being maintained") from None
        yield


def _record(event: audit.Event, hold: LegalHold, by_id: UUID | None) -> None:
    audit.record(event, account_id=hold.account_id, actor_id=by_id, actor_kind="staff", subject_id=hold.pk)
