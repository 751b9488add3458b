"""The only writers of rights requests. Every change is a step, an audit event and, on commit, a word to the person."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core import audit, clock, hooks
from paasoo_portal.core.tokens import hash_token
from privacy.clocks import register
from privacy.clocks.models import ClockKind
from privacy.clocks.register import Span
from privacy.errors import PrivacyError
from privacy.requests import calendar
from privacy.requests.models import (
    Refusal,
    RequestState,
    RequestStep,
    RightsRequest,
    Route,
    StepKind,
)

_GIVEN: Final = (ClockKind.ANSWER, ClockKind.EXTENSION, ClockKind.TAKE_OVER, ClockKind.CONFIRM)
_LETTERS: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


class NotOpen(PrivacyError):
    """The request was closed meanwhile."""

    user: str | Promise = _("This request is closed already.")


def receive(
    *, kind: str, person_id: UUID, account_id: UUID | None, text: str, route: Route, region: str = ""
) -> RightsRequest:
    """A request of somebody signed in, of an account at home in a region. The legal clock starts now, whoever answers."""
    now = clock.now()
    with transaction.atomic():
        made = RightsRequest.objects.create(
            reference=_reference(),
            kind=kind,
            person_id=person_id,
            account_id=account_id,
            text=text,
            routed_to=route,
            state=RequestState.OPEN,
            received_at=now,
            **_clocks(now, region),
        )
        _step(made, StepKind.RECEIVED, "person", person_id)
        if route == Route.ADMINISTRATOR:
            _step(made, StepKind.ROUTED, "system", None)
        _tell(made, "received")
    return made


def ask_as_visitor(*, kind: str, email: str, text: str) -> tuple[RightsRequest, str]:
    """A visitor's request, which opens once the address is confirmed; with the token of the link."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    made = RightsRequest.objects.create(
        reference=_reference(),
        kind=kind,
        visitor_email=email,
        token_hash=hash_token(token),
        text=text,
        routed_to=Route.STAFF,
        state=RequestState.UNCONFIRMED,
        received_at=now,
        confirm_until=now + register.days(ClockKind.CONFIRM, now.date()),
        **_clocks(now, ""),
    )
    return made, token


def confirm(token: str) -> RightsRequest | None:
    """Open the request of a link; None when there is none, or its time is over. Works once."""
    with transaction.atomic():
        found = waiting(token, lock=True)
        if found is None:
            return None
        now = clock.now()
        found.state, found.token_hash = RequestState.OPEN, ""
        # Received is when it was sent; confirming only proves the address.
        found.save(update_fields=["state", "token_hash"])
        _step(found, StepKind.RECEIVED, "visitor", None, at=found.received_at)
        _step(found, StepKind.CONFIRMED, "visitor", None, at=now)
        _tell(found, "received")
    return found


def waiting(token: str, *, lock: bool = False) -> RightsRequest | None:
    rows = RightsRequest.objects.select_for_update() if lock else RightsRequest.objects
    return rows.filter(
        token_hash=hash_token(token),
        state=RequestState.UNCONFIRMED,
        confirm_until__gt=clock.now(),
    ).first()


def answer(request_id: UUID, *, by_id: UUID, by_kind: str, text: str) -> RightsRequest:
    """Close a request with an answer. Raises NotOpen."""
    with transaction.atomic():
        found = _open(request_id)
        _close(found, RequestState.ANSWERED)
        _step(found, StepKind.ANSWERED, by_kind, by_id, note=text)
        _tell(found, "answered")
    return found


def refuse(request_id: UUID, *, by_id: UUID, by_kind: str, ground: str, text: str) -> RightsRequest:
    """Close a request with a refusal, its ground and the remedies. Raises NotOpen."""
    with transaction.atomic():
        found = _open(request_id)
        _close(found, RequestState.REFUSED)
        _step(found, StepKind.REFUSED, by_kind, by_id, note=text, refusal=Refusal(ground))
        _tell(found, "refused")
    return found


def extend(request_id: UUID, *, by_id: UUID, by_kind: str, text: str) -> RightsRequest:
    """Take more time, once, within the first, with the reason told (Art. 12(3)). Raises NotOpen."""
    with transaction.atomic():
        found = _open(request_id)
        if found.extended or clock.today() > found.due_on:
            raise NotOpen(f"request {request_id} cannot be extended")
        found.extended, found.due_on = True, extended_to(found)
        if found.take_over_on is not None:
            found.take_over_on = found.due_on - timedelta(days=_given(found, ClockKind.TAKE_OVER).days)
        found.save(update_fields=["extended", "due_on", "take_over_on"])
        _step(found, StepKind.EXTENDED, by_kind, by_id, note=text)
        _tell(found, "extended")
    return found


def cancel(request_id: UUID, *, person_id: UUID) -> RightsRequest:
    """Take one's own request back. Raises NotOpen."""
    with transaction.atomic():
        found = _open(request_id)
        _close(found, RequestState.CANCELLED)
        _step(found, StepKind.CANCELLED, "person", person_id)
    return found


def assign(request_id: UUID, *, to_id: UUID, by_id: UUID) -> RightsRequest:
    """Staff look after a request, and answer it in place of an administrator. Raises NotOpen."""
    with transaction.atomic():
        found = _open(request_id)
        found.assigned_to_id, found.routed_to = to_id, Route.STAFF
        found.save(update_fields=["assigned_to_id", "routed_to"])
        _step(found, StepKind.ASSIGNED, "staff", by_id)
    return found


def take_over() -> int:
    """Hand requests whose administrator has not answered to staff, in time to answer them; how many."""
    late = RightsRequest.objects.select_for_update(skip_locked=True).filter(
        state=RequestState.OPEN,
        routed_to=Route.ADMINISTRATOR,
        take_over_on__lte=clock.today(),
    )
    with transaction.atomic():
        found = list(late)
        for one in found:
            one.routed_to = Route.STAFF
            one.save(update_fields=["routed_to"])
            _step(one, StepKind.TAKEN_OVER, "system", None)
    return len(found)


def extended_to(found: RightsRequest) -> date:
    """The last day, were it extended: by the clocks that it was given, counted from its receipt."""
    whole = _given(found, ClockKind.ANSWER) + _given(found, ClockKind.EXTENSION)
    return calendar.due_on(found.received_at.date(), whole.months, whole.days)


def _clocks(now: datetime, region: str) -> dict[str, Any]:
    """The clocks of a request that is received now, and what follows from them."""
    day = now.date()
    rows = {kind: register.in_force(kind, day, region) for kind in _GIVEN}
    answer = register.span_of(rows[ClockKind.ANSWER])
    due = calendar.due_on(day, answer.months, answer.days)
    before = register.span_of(rows[ClockKind.TAKE_OVER]).days
    return {
        "clocks": {str(kind): row.pk for kind, row in rows.items()},
        "due_on": due,
        "take_over_on": due - timedelta(days=before),
    }


def _given(found: RightsRequest, kind: ClockKind) -> Span:
    return register.given(found.clocks or {}, kind, found.received_at.date())


def _open(request_id: UUID) -> RightsRequest:
    found = RightsRequest.objects.select_for_update().get(pk=request_id)
    if found.state != RequestState.OPEN:
        raise NotOpen(f"request {request_id} is {found.state}")
    return found


def _close(found: RightsRequest, state: RequestState) -> None:
    found.state, found.closed_at = state, clock.now()
    found.save(update_fields=["state", "closed_at"])


def _step(
    found: RightsRequest,
    kind: StepKind,
    actor_kind: str,
    actor_id: UUID | None,
    *,
    note: str = "",
    refusal: str = "",
    at: datetime | None = None,
) -> None:
    RequestStep.objects.create(
        request=found,
        kind=kind,
        actor_kind=actor_kind,
        actor_id=actor_id,
        note=note,
        refusal=refusal,
        at=at or clock.now(),
    )
    audit.record(
        audit.Event.REQUEST_STEP,
        account_id=found.account_id,
        actor_id=actor_id,
        actor_kind="system" if actor_id is None else "staff" if actor_kind == "staff" else "person",
        subject_id=found.pk,
        kind=found.kind,
        step=str(kind),
    )


def _tell(found: RightsRequest, what: str) -> None:
    """Whom it concerns gets an email without what was asked: it names the reference and the page."""
    transaction.on_commit(lambda: hooks.call("request.tell", request_id=found.pk, what=what))


def _reference() -> str:
    marks = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return f"R-{marks[:4]}-{marks[4:]}"
