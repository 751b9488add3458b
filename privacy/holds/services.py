"""Placing and releasing holds, each by two officers. Both take their turn with the night's runs and with erasure by hand.

A hold is in force from its proposal on: what is covered could be gone before a colleague comes to confirm it. In return
it lapses by itself. It keeps keys from dying, or has copies made before they do, and it keeps no reader in: what is due
stays unreadable to everybody (GDPR Art. 18). Released, it dies at once and not at the next midnight. Keeps P-RET-9.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from paasoo_portal.core import audit, clock, hooks, regions
from paasoo_portal.core.ids import uuid7
from privacy.errors import PrivacyError
from privacy.holds import locks as turns
from privacy.holds.models import LegalHold, Scope
from privacy.keys import locks
from privacy.preservation import services as preservation
from privacy.preservation import wanted as wanting
from privacy.retention.tasks import queue_of

log = logging.getLogger(__name__)

WAIT_SECONDS: Final = 5.0
# A weekend is two days: a proposal of Friday evening can be confirmed on Monday.
CONFIRM_WITHIN: Final = timedelta(hours=72)


class HoldRefused(PrivacyError):
    """A hold that cannot be placed or released just now."""

    user: str | Promise = _("A night’s run is at work. Try again in a minute.")


class SecondOfficer(HoldRefused):
    user: str | Promise = _("It takes two: somebody else has to decide this.")


class Decided(HoldRefused):
    user: str | Promise = _("This was decided meanwhile.")


def place(
    *,
    scope: str = Scope.ACCOUNT,
    account_id: UUID | None,
    person_id: UUID | None = None,
    number: str = "",
    secret: bool = False,
    copied: bool = False,
    classes: Sequence[int],
    first_day: date,
    last_day: date | None,
    authority: str,
    reference: str,
    review_on: date,
    by_id: UUID | None,
    hold_id: UUID | None = None,
) -> LegalHold:
    """Preserve what lives now; what died before cannot come back. To be confirmed by another within 72 hours.

    Raises HoldRefused while a night's run is at work, or somebody erases what it is about. It must be committed before
    others take their turn, so no transaction may be open.
    """
    about = person_id if scope == Scope.PERSON else account_id
    assert about is not None
    with between_runs(about, is_person=scope == Scope.PERSON), transaction.atomic(durable=True):
        made = LegalHold.objects.create(
            id=hold_id or uuid7(),
            scope=scope,
            account_id=None if scope == Scope.PERSON else account_id,
            person_id=person_id if scope == Scope.PERSON else None,
            number=number or None if scope == Scope.NUMBER else None,
            secret=secret,
            copied=copied,
            classes=sorted(classes),
            first_day=first_day,
            last_day=last_day,
            authority=authority,
            reference=reference,
            review_on=review_on,
            placed_by_id=by_id,
        )
        if not made.keeps_keys:
            wanted = wanting.of_hold(made)
            for alias in wanting.aliases_of(wanted):
                preservation.arm(alias, wanted)
        _record(audit.Event.HOLD_PLACED, made, by_id)
    if not made.keeps_keys:
        transaction.on_commit(lambda: send_to_regions("privacy.preserve"))
    return made


def confirm(hold_id: UUID, *, by_id: UUID) -> None:
    """A second officer's word: it no longer lapses. Raises SecondOfficer, Decided."""
    with transaction.atomic():
        found = LegalHold.objects.select_for_update().get(pk=hold_id)
        if found.released_at is not None or found.confirmed_at is not None:
            raise Decided(f"hold {hold_id} is decided")
        if by_id == found.placed_by_id:
            raise SecondOfficer(f"hold {hold_id} was placed by the same officer")
        found.confirmed_at, found.confirmed_by_id = clock.now(), by_id
        found.save(update_fields=["confirmed_at", "confirmed_by_id"])
        _record(audit.Event.HOLD_CONFIRMED, found, by_id)
        hooks.call("hold.confirmed", hold_id=found.pk, by_id=by_id)


def propose_release(hold_id: UUID, *, by_id: UUID) -> None:
    """The first of two words. Raises Decided."""
    with transaction.atomic():
        found = LegalHold.objects.select_for_update().get(pk=hold_id)
        if found.released_at is not None or found.confirmed_at is None or found.release_asked_at is not None:
            raise Decided(f"release of hold {hold_id} is decided")
        found.release_asked_at, found.release_asked_by_id = clock.now(), by_id
        found.save(update_fields=["release_asked_at", "release_asked_by_id"])
        _record(audit.Event.HOLD_RELEASE_PROPOSED, found, by_id)


def keep(hold_id: UUID, *, by_id: UUID) -> None:
    """Turn a proposed release down. Raises Decided."""
    with transaction.atomic():
        found = LegalHold.objects.select_for_update().get(pk=hold_id)
        if found.released_at is not None or found.release_asked_at is None:
            raise Decided(f"release of hold {hold_id} is decided")
        found.release_asked_at, found.release_asked_by_id = None, None
        found.save(update_fields=["release_asked_at", "release_asked_by_id"])
        _record(audit.Event.HOLD_RELEASE_REFUSED, found, by_id)


def release(hold_id: UUID, *, by_id: UUID) -> bool:
    """The second word: let go, and go on at once with the erasure that waited. False for one released already.

    One that nobody confirmed is turned down by the same act. Raises SecondOfficer, Decided, HoldRefused.
    """
    with between_runs(), transaction.atomic(durable=True):
        found = LegalHold.objects.select_for_update().get(pk=hold_id)
        if found.released_at is not None:
            return False
        if found.confirmed_at is not None and found.release_asked_at is None:
            raise Decided(f"nobody has proposed to release hold {hold_id}")
        first = found.placed_by_id if found.confirmed_at is None else found.release_asked_by_id
        if by_id == first:
            raise SecondOfficer(f"hold {hold_id}: the same officer decided first")
        found.released_at, found.released_by_id, found.number = clock.now(), by_id, None
        found.save(update_fields=["released_at", "released_by_id", "number"])
        _record(audit.Event.HOLD_RELEASED, found, by_id)
        hooks.call("hold.ended", hold_id=found.pk, by_id=by_id)
    transaction.on_commit(lambda: send_to_regions("privacy.hold_released", str(found.pk)))
    return True


def lapse() -> int:
    """Let go of what no second officer confirmed in time; how many. Worker's role."""
    late = LegalHold.objects.filter(
        released_at=None, confirmed_at=None, placed_at__lte=clock.now() - CONFIRM_WITHIN
    )
    lapsed = 0
    for hold_id in list(late.values_list("pk", flat=True)):
        with transaction.atomic():
            found = LegalHold.objects.select_for_update().get(pk=hold_id)
            if found.released_at is not None or found.confirmed_at is not None:
                continue
            found.released_at, found.lapsed, found.number = clock.now(), True, None
            found.save(update_fields=["released_at", "lapsed", "number"])
            _record(audit.Event.HOLD_LAPSED, found, None)
            hooks.call("hold.ended", hold_id=found.pk, by_id=None)
            transaction.on_commit(lambda pk=found.pk: send_to_regions("privacy.hold_released", str(pk)))  # type: ignore[misc]
        lapsed += 1
    return lapsed


def send_to_regions(task: str, *arguments: str) -> None:
    """A hint to every region's worker; without the broker the next night does the same."""
    for alias in regions.aliases():
        try:
            current_app.send_task(task, args=[alias, *arguments], queue=queue_of(alias), retry=False)
        except OperationalError:
            log.warning("preserving waits for the broker", extra={"task": task, "database": alias})
            return


@contextmanager
def between_runs(about: UUID | None = None, *, is_person: bool = False) -> Iterator[None]:
    """No night's run meanwhile, and nobody who erases what is this account's or person's."""
    with ExitStack() as held:
        try:
            for alias in regions.aliases():
                held.enter_context(locks.maintenance(alias, wait_seconds=WAIT_SECONDS))
            if is_person and not held.enter_context(turns.rows("default", wait_seconds=WAIT_SECONDS)):
                raise turns.Occupied("rows are being looked through")
            if about is not None:
                aliases = ["default", *regions.aliases()]
                held.enter_context(turns.whole(aliases, about, wait_seconds=WAIT_SECONDS))
        except (locks.Busy, turns.Occupied) as error:
            raise HoldRefused(error.log) from None
        yield


def _record(event: audit.Event, hold: LegalHold, by_id: UUID | None) -> None:
    """In the account's trail; of a secret hold in the system's, which staff alone read."""
    audit.record(
        event,
        account_id=None if hold.secret else hold.account_id,
        actor_id=by_id,
        actor_kind="staff" if by_id is not None else "system",
        subject_id=hold.pk,
    )
