"""Messages as REST v1 shows them, opened with one key query a page."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from messaging.accept.rows import CONTENT, NUMBER, TABLE
from messaging.classic import ids
from messaging.messages.models import Message, MessageEvent
from messaging.messages.states import Actor, Direction, State
from messaging.pricing.amounts import money
from paasoo_portal.core.ids import time_of, uuid7_floor
from privacy.keys import Erased, Opener

ENCODINGS: Final = {0: "GSM-7", 1: "UCS-2"}
CURRENCY: Final = "EUR"


def page(alias: str, account_id: UUID, narrowed: Q, low: UUID, high: UUID, limit: int) -> list[Message]:
    """Messages in [low, high), newest first, one more than `limit` when there are more. Needs the scope."""
    rows = Message.objects.using(alias).filter(narrowed, account_id=account_id, id__gte=low, id__lt=high)
    return list(rows.order_by("-id")[: limit + 1])


def find(alias: str, reference: str) -> Message | None:
    """By UUID or by classic id. Needs the account's scope."""
    bounds = ids.bounds(reference)
    if bounds is None:
        try:
            exact = UUID(reference)
        except ValueError:
            return None
        bounds = exact, exact
    low, high = bounds
    return Message.objects.using(alias).filter(id__gte=low, id__lte=high).first()


def summaries(alias: str, account_id: UUID, messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Needs the account's scope."""
    opener = Opener(alias, account_id)
    opener.prefetch({message.number_key_id for message in messages})
    return [_summary(opener, message) for message in messages]


def details(alias: str, account_id: UUID, messages: Sequence[Message]) -> list[dict[str, Any]]:
    """With texts and events. Needs the account's scope."""
    if not messages:
        return []
    opener = Opener(alias, account_id)
    opener.prefetch({key for one in messages for key in (one.number_key_id, one.content_key_id)})
    known = [message.pk for message in messages]
    events: dict[UUID, list[dict[str, Any]]] = {}
    told = MessageEvent.objects.using(alias).filter(
        message_id__in=known, message_id__gte=min(known), message_id__lte=max(known)
    )
    for event in told.order_by("at", "pk"):
        events.setdefault(event.message_id, []).append(_event(event))
    return [
        _summary(opener, message)
        | {
            "text": _open(opener, message.content_key_id, _text(message), CONTENT, message.pk),
            "events": [_accepted(message), *events.get(message.pk, [])],
        }
        for message in messages
    ]


def cursor_of(message_id: UUID) -> str:
    return base64.urlsafe_b64encode(message_id.bytes).decode().rstrip("=")


def read_cursor(text: str) -> UUID | None:
    """The id that a cursor stands for, or None when it is none."""
    try:
        raw = base64.b64decode(text + "==", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return UUID(bytes=raw) if len(raw) == 16 else None


def days(first: date, last: date) -> tuple[UUID, UUID]:
    """The ids of the days, both included."""
    return uuid7_floor(first), uuid7_floor(last + timedelta(days=1))


def cost(price: Decimal, segments: int) -> str:
    return money(price * segments)


def last_day(due_on: date | None, starts_on: date) -> date | None:
    """The last day on which it can be read; None when it is not kept beyond delivery."""
    return None if due_on is None or due_on <= starts_on else due_on - timedelta(days=1)


def _summary(opener: Opener, message: Message) -> dict[str, Any]:
    at = time_of(message.pk)
    sealed = message.number_sealed if message.has_number else None
    number = _open(opener, message.number_key_id, sealed, NUMBER, message.pk)
    return {
        "id": message.pk,
        "classic_id": ids.encode(message.pk),
        "direction": Direction(message.direction).name.lower(),
        "state": State(message.state).name.lower(),
        "at": at,
        "number": None if number is None else f"+{number}",
        "sender": message.sender,
        "country": message.country,
        "segments": message.segments,
        "encoding": ENCODINGS[message.encoding],
        "price": cost(message.price, message.segments),
        "currency": CURRENCY,
        "client_ref": message.client_ref,
        "error_code": message.error_code,
        "text_kept_until": last_day(message.content_due_on, at.date()),
        "number_kept_until": last_day(message.number_due_on, at.date()),
    }


def _text(message: Message) -> bytes | memoryview[int] | None:
    return message.content_sealed if message.has_content else None


def _open(
    opener: Opener, key_id: UUID, sealed: bytes | memoryview[int] | None, column: str, row: UUID
) -> str | None:
    if sealed is None:
        return None
    try:
        return opener.open(key_id, bytes(sealed), table=TABLE, column=column, row=row).decode()
    except Erased:
        return None  # a refused seal or a missing key is never told as erased: the whole answer fails, loudly


def _accepted(message: Message) -> dict[str, Any]:
    inbound = message.direction == Direction.INBOUND
    return {
        "state": "received" if inbound else "accepted",
        "at": time_of(message.pk),
        "by": "carrier" if inbound else "paasoo",
        "error_code": None,
        "note": "",
    }


def _event(event: MessageEvent) -> dict[str, Any]:
    return {
        "state": State(event.state).name.lower(),
        "at": event.at,
        "by": Actor(event.actor).name.lower(),
        "error_code": event.error_code,
        "note": event.note,
    }
