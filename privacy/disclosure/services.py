"""An order's way: recorded, assessed, granted or refused, answered, told. Keeps P-RET-9, P-RET-12.

Nothing is granted before it is found valid and, from outside the EEA, covered by an international agreement (Art. 48
GDPR). What is granted becomes a hold, which a second officer confirms; what is handed over is made of its copies.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core import audit, clock, directory, hooks
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.locks import only_one
from privacy.clocks import register as clocks
from privacy.clocks.models import ClockKind
from privacy.disclosure import extracts
from privacy.disclosure.models import (
    Extract,
    ExtractState,
    Order,
    OrderKind,
    OrderState,
    Transfer,
    Validity,
)
from privacy.errors import PrivacyError
from privacy.holds import services as holds
from privacy.holds.models import LegalHold

# The 27 members of the Union and Iceland, Liechtenstein and Norway.
EEA: Final = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "HR",
        "CY",
        "CZ",
        "DK",
        "EE",
        "FI",
        "FR",
        "DE",
        "GR",
        "HU",
        "IE",
        "IT",
        "LV",
        "LT",
        "LU",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SK",
        "SI",
        "ES",
        "SE",
        "IS",
        "LI",
        "NO",
    ]
)
_LETTERS: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


class OrderRefused(PrivacyError):
    user: str | Promise = _("The order does not stand so that this can be done.")


class NeedsAgreement(OrderRefused):
    user: str | Promise = _(
        "An order from outside the EEA is granted only where an international agreement covers it."
    )


def record(
    *,
    kind: str,
    authority: str,
    their_reference: str,
    country: str,
    legal_basis: str,
    asked: str,
    received_on: date,
    answer_by: date,
    silent: bool,
    silent_until: date | None,
    by_id: UUID,
) -> Order:
    """Enter an order into the register; nothing is preserved or handed over by that."""
    with transaction.atomic():
        made = Order.objects.create(
            reference=_reference(),
            kind=kind,
            authority=authority,
            their_reference=their_reference,
            country=country,
            legal_basis=legal_basis,
            asked=asked,
            received_on=received_on,
            answer_by=answer_by,
            silent=silent,
            silent_until=silent_until if silent else None,
            recorded_by_id=by_id,
        )
        _record(audit.Event.ORDER_RECORDED, made, by_id)
    return made


def assess(order_id: UUID, *, validity: str, transfer: str, assessment: str, by_id: UUID) -> Order:
    """Say whether it binds us. Raises OrderRefused, NeedsAgreement for an answer that does not fit its country."""
    with transaction.atomic():
        found = _of_state(order_id, OrderState.RECEIVED)
        if (transfer == Transfer.INSIDE) != (found.country in EEA):
            raise NeedsAgreement(f"order {order_id} comes from {found.country}")
        found.validity, found.transfer, found.assessment = validity, transfer, assessment
        found.assessed_by_id = by_id
        found.save(update_fields=["validity", "transfer", "assessment", "assessed_by_id"])
        _record(audit.Event.ORDER_ASSESSED, found, by_id)
    return found


def grant(
    order_id: UUID,
    *,
    scope: str,
    account_id: UUID | None,
    person_id: UUID | None,
    number: str,
    classes: Sequence[int],
    first_day: date,
    last_day: date | None,
    granted: str,
    by_id: UUID,
) -> LegalHold:
    """As little as the order asks: a hold of exactly that is placed. Raises OrderRefused, NeedsAgreement, HoldRefused.

    The order names its hold before there is one: after a crash in between it is granted once more.
    """
    hold_id = uuid7()
    with _alone(order_id):
        with transaction.atomic(durable=True):
            found = _grantable(order_id)
            found.hold_id, found.account_id, found.granted = hold_id, account_id, granted
            found.state = OrderState.GRANTED
            found.save(update_fields=["hold_id", "account_id", "granted", "state"])
        try:
            hold = holds.place(
                hold_id=hold_id,
                scope=scope,
                account_id=account_id,
                person_id=person_id,
                number=number,
                secret=found.silent,
                copied=True,
                classes=classes,
                first_day=first_day,
                last_day=last_day,
                authority=found.authority,
                reference=found.their_reference,
                review_on=clock.today() + clocks.days(ClockKind.ORDER_REVIEW),
                by_id=by_id,
            )
        except holds.HoldRefused:
            Order.objects.filter(pk=order_id).update(state=OrderState.RECEIVED, hold_id=None)
            raise
        with transaction.atomic():
            _record(audit.Event.ORDER_GRANTED, Order.objects.get(pk=order_id), by_id)
        return hold


@contextmanager
def _alone(order_id: UUID) -> Iterator[None]:
    """Until its hold is placed, another's click would find the order without one, and place a second. Raises OrderRefused."""
    with only_one("default", int.from_bytes(order_id.bytes[8:], signed=True)) as mine:
        if not mine:
            raise OrderRefused(f"order {order_id} is being granted")
        yield


def _grantable(order_id: UUID) -> Order:
    found = Order.objects.select_for_update().get(pk=order_id)
    again = found.state == OrderState.GRANTED and hold_of(found) is None
    if found.state != OrderState.RECEIVED and not again:
        raise OrderRefused(f"order {order_id} is {found.state}")
    if found.validity != Validity.VALID:
        raise OrderRefused(f"order {order_id} is not found valid")
    if found.transfer not in {Transfer.INSIDE, Transfer.AGREEMENT}:
        raise NeedsAgreement(f"order {order_id} is not covered by an agreement")
    return found


def hold_confirmed(*, hold_id: UUID, by_id: UUID) -> None:
    """The hook `hold.confirmed`: by its hold a preservation order is answered, a production order once the file left."""
    with transaction.atomic():
        found = _granted_with(hold_id)
        if found is None or found.kind != OrderKind.PRESERVATION:
            return
        found.state = OrderState.ANSWERED
        _close_if(found, by_id)
        found.save(update_fields=["state", "closed_at", "closed_by_id"])
        _record(audit.Event.ORDER_ANSWERED, found, by_id)
        tell(found.pk)


def hold_ended(*, hold_id: UUID, by_id: UUID | None) -> None:
    """The hook `hold.ended`: an order that its hold was to answer, and that is not answered, is to be decided anew.

    The hold was turned down, has lapsed, or was released before the file had left.
    """
    with transaction.atomic():
        found = _granted_with(hold_id)
        if found is None:
            return
        found.state, found.hold_id, found.granted = OrderState.RECEIVED, None, ""
        found.save(update_fields=["state", "hold_id", "granted"])
        _record(audit.Event.ORDER_REOPENED, found, by_id)


def _granted_with(hold_id: UUID) -> Order | None:
    waiting = Order.objects.select_for_update().filter(hold_id=hold_id, state=OrderState.GRANTED)
    return waiting.first()


def refuse(order_id: UUID, *, granted: str, by_id: UUID) -> Order:
    """Close it without an answer, with the reason. Raises OrderRefused."""
    with transaction.atomic():
        found = _of_state(order_id, OrderState.RECEIVED)
        found.state, found.granted = OrderState.REFUSED, granted
        _close_if(found, by_id)
        found.save()
        _record(audit.Event.ORDER_REFUSED, found, by_id)
    return found


def prepare(order_id: UUID, *, by_id: UUID) -> Extract:
    """Have the file made for a production order whose hold another officer has confirmed. Raises OrderRefused."""
    found = Order.objects.get(pk=order_id)
    hold = hold_of(found)
    if found.kind != OrderKind.PRODUCTION or hold is None or not hold.binds:
        raise OrderRefused(f"order {order_id} has no confirmed hold to produce from")
    return extracts.prepare(case_id=hold.pk, account_id=found.account_id, order_id=found.pk, by_id=by_id)


def fetched(extract: Extract, *, by_id: UUID) -> None:
    """The file has left: the order is answered, and the customer told as far as the law lets us."""
    if extract.order_id is None or extract.state != ExtractState.FETCHED:
        return
    with transaction.atomic():
        found = Order.objects.select_for_update().get(pk=extract.order_id)
        if found.state != OrderState.GRANTED:
            return
        found.state = OrderState.ANSWERED
        _close_if(found, by_id)
        found.save()
        _record(audit.Event.ORDER_ANSWERED, found, by_id)
    tell(found.pk)


def lift(order_id: UUID, *, by_id: UUID) -> bool:
    """The ban on telling is over, by the authority's word: from now on the customer sees the order and its hold."""
    with transaction.atomic():
        found = _locked_with_hold(order_id)
        if not found.silent:
            return False
        _lift(found, by_id)
    tell(order_id)
    return True


def lift_due() -> int:
    """Bans whose day has come; how many. Worker's role."""
    due = Order.objects.filter(silent=True, silent_until__lte=clock.today())
    lifted = 0
    for order_id in list(due.values_list("pk", flat=True)):
        with transaction.atomic():
            found = _locked_with_hold(order_id)
            if not found.silent:
                continue
            _lift(found, None)
        lifted += 1
    for order_id in Order.objects.filter(state=OrderState.ANSWERED, silent=False, told_at=None).values_list(
        "pk", flat=True
    ):
        tell(order_id)
    return lifted


def tell(order_id: UUID) -> bool:
    """Tell whom an answered order is about, the account's administrators or the person, once, unless it is forbidden."""
    with transaction.atomic():
        found = Order.objects.select_for_update().get(pk=order_id)
        answered = found.state == OrderState.ANSWERED
        if found.silent or not answered or found.told_at is not None or not _can_be_told(found):
            return False
        found.told_at = clock.now()
        found.save(update_fields=["told_at"])
        audit.record(
            audit.Event.ORDER_TOLD, account_id=found.account_id, subject_id=found.pk, kind=found.kind
        )
        transaction.on_commit(lambda: hooks.call("disclosure.tell", order_id=found.pk))
    return True


def _can_be_told(found: Order) -> bool:
    """A person may have been erased meanwhile: then nobody is told, and nothing says so."""
    if found.account_id is not None:
        return True
    hold = hold_of(found)
    person_id = hold.person_id if hold is not None else None
    # An id that nobody has is shown as itself.
    return person_id is not None and directory.label("person", person_id) != str(person_id)


def told(account_id: UUID) -> list[Order]:
    """The orders that an account has been told of, newest first."""
    mine = Order.objects.filter(account_id=account_id, told_at__isnull=False)
    return list(mine.order_by("-told_at"))


def hold_of(found: Order) -> LegalHold | None:
    """The hold that was placed for an order."""
    return LegalHold.objects.filter(pk=found.hold_id).first() if found.hold_id is not None else None


def _locked_with_hold(order_id: UUID) -> Order:
    """The hold first, as whoever confirms or ends it does: two who change both never wait for one another crosswise."""
    hold_id = Order.objects.values_list("hold_id", flat=True).get(pk=order_id)
    if hold_id is not None:
        LegalHold.objects.select_for_update().filter(pk=hold_id).first()
    return Order.objects.select_for_update().get(pk=order_id)


def _lift(found: Order, by_id: UUID | None) -> None:
    found.silent = False
    found.save(update_fields=["silent"])
    # A hold that keeps copies goes on keeping copies: only who may know of it changes.
    hold = hold_of(found)
    if hold is not None:
        LegalHold.objects.filter(pk=hold.pk, copied=True).update(secret=False)
    _record(audit.Event.ORDER_BAN_LIFTED, found, by_id)


def _of_state(order_id: UUID, state: OrderState) -> Order:
    found = Order.objects.select_for_update().get(pk=order_id)
    if found.state != state:
        raise OrderRefused(f"order {order_id} is {found.state}")
    return found


def _close_if(found: Order, by_id: UUID) -> None:
    if found.state in {OrderState.ANSWERED, OrderState.REFUSED}:
        found.closed_at, found.closed_by_id = clock.now(), by_id


def _record(event: audit.Event, found: Order, by_id: UUID | None) -> None:
    """In the system's trail, which staff alone read; the customer's own gets ORDER_TOLD once it may be told."""
    audit.record(
        event,
        actor_id=by_id,
        actor_kind="staff" if by_id is not None else "system",
        subject_id=found.pk,
        kind=found.kind,
    )


def _reference() -> str:
    marks = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return f"D-{marks[:4]}-{marks[4:]}"
