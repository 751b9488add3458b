"""Reading one message for its page: what happened, what is still kept and until when, and what was erased.

Keeps P-RET-2, P-RET-7 (the page shows what is done and what is pending).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from messaging.delivery.models import DeliveryPush, PushState
from messaging.messages.models import Message, MessageEvent
from messaging.messages.states import FINAL, Actor, Direction, State
from messaging.pages import words
from messaging.pages.opening import Content, Number, Numbers, content_of
from messaging.webhooks.selectors import ERRORS
from paasoo_portal.core import clock, partitions, regions
from paasoo_portal.core.ids import time_of
from privacy.keys.models import INSTRUCTED, DataClass, DataKey, KeyTombstone
from privacy.retention.instructions import in_force


@dataclass(frozen=True)
class Step:
    """One line of the timeline."""

    state: words.Shown
    actor: words.Shown
    at: datetime
    error: str | Promise
    note: str | Promise


@dataclass(frozen=True)
class Kept:
    """How long something is kept: readable up to and including `last_on`, from `since_on`."""

    last_on: date
    days_left: int
    days_all: int


@dataclass(frozen=True)
class Push:
    """A report to one of the customer's URLs."""

    state: words.Shown
    to: str | Promise
    about: words.Shown
    attempts: int
    status: int | None
    error: str
    at: datetime | None
    due_at: datetime | None


@dataclass(frozen=True)
class MessageView:
    """Everything the page shows."""

    id: UUID
    region: regions.Region
    row: Message
    at: datetime
    state: words.Shown
    final: bool
    inbound: bool
    number: Number
    content: Content
    encoding: str | Promise
    cost: Decimal
    error: str | Promise
    content_kept: Kept | None
    number_kept: Kept | None
    steps: list[Step]
    pushes: list[Push]


def find(region: regions.Region, message_id: UUID) -> Message | None:
    """The account's message, or None whether it is another's or nobody's. Needs the scope on the region."""
    return Message.objects.using(region.alias).filter(pk=message_id).first()


def view_of(
    account_id: UUID,
    region: regions.Region,
    message: Message,
    *,
    masked: bool,
    withheld: bool,
) -> MessageView:
    """`masked` hides most of the number; `withheld` leaves the content sealed."""
    numbers = Numbers(region.alias, account_id, masked=masked)
    number = numbers.of(message)
    content = content_of(region.alias, account_id, message, withheld=withheld)
    kept = _kept(account_id, region.alias, message)
    return MessageView(
        id=message.pk,
        region=region,
        row=message,
        at=time_of(message.pk),
        state=words.state(message.state),
        final=message.state in FINAL,
        inbound=message.direction == Direction.INBOUND,
        number=number,
        content=content,
        encoding=words.ENCODINGS[message.encoding],
        cost=message.price * message.segments,
        error=words.error(message.error_code),
        content_kept=None if content.gone or content.unkept else kept.get(DataClass.CONTENT),
        number_kept=None if number.gone else kept.get(DataClass.NUMBER),
        steps=steps_of(region.alias, message),
        pushes=_pushes(region.alias, message),
    )


def steps_of(alias: str, message: Message) -> list[Step]:
    """The timeline, oldest first. Accepting writes the message alone, so that step is told from its id."""
    events = MessageEvent.objects.using(alias).filter(message_id=message.pk).order_by("at", "pk")
    told = [
        Step(
            state=words.state(event.state),
            actor=words.ACTORS[event.actor],
            at=event.at,
            error=words.error(event.error_code),
            note=words.note(event.note),
        )
        for event in events
    ]
    first = State.RECEIVED if message.direction == Direction.INBOUND else State.ACCEPTED
    if told and told[0].state is words.state(first):
        return told
    actor = words.ACTORS[Actor.CARRIER if first == State.RECEIVED else Actor.PAASOO]
    return [Step(words.state(first), actor, time_of(message.pk), "", ""), *told]


def swept(region: regions.Region, message_id: UUID) -> date | None:
    """The day of an id whose whole day is gone, for every account alike; None when the day still exists.

    Asking about the day tells nothing about the id, so a stranger's id gets the same answer as one's own.
    """
    day = time_of(message_id).date()
    if day > clock.today() or day in partitions.existing_days(region.alias, Message._meta.db_table):
        return None
    return day


def certificates_of_day(region: regions.Region, day: date) -> list[UUID]:
    """The certificates of the account's keys of a day. Needs the scope on the region."""
    tombstones = KeyTombstone.objects.using(region.alias).filter(
        starts_on=day, data_class__in=INSTRUCTED, certificate_id__isnull=False
    )
    return list(tombstones.values_list("certificate_id", flat=True).distinct()[:10])


def _kept(account_id: UUID, alias: str, message: Message) -> dict[int, Kept]:
    ids = [message.content_key_id, message.number_key_id]
    keys = DataKey.objects.using(alias).filter(pk__in=ids).only("data_class", "starts_on", "due_on")
    found: dict[int, Kept] = {}
    for key in keys:
        days = in_force(account_id, DataClass(key.data_class), clock.now())
        due_on = min(key.due_on, key.starts_on + timedelta(days=max(days, 1)))
        found[key.data_class] = Kept(
            last_on=due_on - timedelta(days=1),
            days_left=max((due_on - clock.today()).days, 0),
            days_all=max((due_on - key.starts_on).days, 1),
        )
    return found


_PUSH_STATES = {
    PushState.PENDING: words.Shown(_("To be told"), "wait", "info"),
    PushState.DONE: words.Shown(_("Told"), "done", "good"),
    PushState.FAILED: words.Shown(_("Given up"), "failed", "bad"),
}


def _pushes(alias: str, message: Message) -> list[Push]:
    rows = DeliveryPush.objects.using(alias).filter(message_id=message.pk).order_by("pk")
    return [
        Push(
            state=_PUSH_STATES[PushState(row.state)],
            to=_("Webhook") if row.endpoint_id else _("Delivery push URL"),
            about=words.state(row.message_state),
            attempts=row.attempts,
            status=row.last_status,
            error=str(ERRORS.get(row.last_error, row.last_error)),
            at=row.last_at,
            due_at=row.due_at if row.state == PushState.PENDING else None,
        )
        for row in rows
    ]
