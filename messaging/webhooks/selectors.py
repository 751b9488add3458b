"""Reading webhooks and their calls for the pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messaging.delivery.models import DeliveryPush, PushState
from messaging.messages.states import State
from messaging.pages.words import Shown as Tag
from messaging.webhooks.models import Pause, Topic, WebhookEndpoint, topic_of
from paasoo_portal.core import clock
from paasoo_portal.core.ids import time_of, uuid7_floor

PAGE: Final = 40
LOOK_BACK: Final = timedelta(days=8)
ERRORS: Final[dict[str, str | Promise]] = {
    "timeout": gettext_lazy("No answer within 10 seconds"),
    "no_answer": gettext_lazy("The connection failed"),
    "no_address": gettext_lazy("The host’s name has no address"),
    "forbidden_address": gettext_lazy("The address is not on the public Internet"),
    "bad_port": gettext_lazy("The port is not 443"),
    "bad_url": gettext_lazy("The URL cannot be called"),
    "no_url": gettext_lazy("Paused, or the message was erased"),
    "gone": gettext_lazy("410 Gone: nothing more is wanted"),
}


@dataclass(frozen=True)
class Shown:
    """An endpoint as pages show it."""

    endpoint: WebhookEndpoint
    topics: list[str]
    state: Tag
    why: str
    changing: bool


@dataclass(frozen=True)
class Call:
    """One call of an endpoint. `answer` says what came back, or why nothing did."""

    id: UUID
    message_id: UUID
    message_at: datetime
    topic: str
    state: Tag
    attempts: int
    answer: str
    at: datetime | None
    due_at: datetime | None
    again: bool


def shown(endpoint: WebhookEndpoint) -> Shown:
    labels = dict(Topic.choices)
    paused = endpoint.paused_at is not None
    return Shown(
        endpoint,
        [str(labels[topic]) for topic in endpoint.topics if topic in labels],
        Tag(_("Paused"), "pause", "warn") if paused else Tag(_("Working"), "done", "good"),
        str(Pause(endpoint.paused_why).label) if paused and endpoint.paused_why else "",
        endpoint.former_until is not None and endpoint.former_until > clock.now(),
    )


def calls(alias: str, endpoint_id: UUID, before: str = "") -> tuple[list[Call], str]:
    """The newest calls of the last eight days in one region, and the cursor of those before, if there are more.

    Needs the account's scope on the region.
    """
    low = uuid7_floor(clock.now() - LOOK_BACK)
    rows = DeliveryPush.objects.using(alias).filter(endpoint_id=endpoint_id, message_id__gte=low)
    try:
        rows = rows.filter(message_id__lt=UUID(before)) if before else rows
    except ValueError:
        pass  # a cursor that is none begins at the beginning
    found = list(rows.order_by("-message_id", "-id")[: PAGE + 1])
    older = str(found[PAGE - 1].message_id) if len(found) > PAGE else ""
    return [_call(row) for row in found[:PAGE]], older


def answer_of(status: int | None, error: str) -> str:
    """What came back, in words; empty when it was not called yet."""
    if error in ERRORS:
        return str(ERRORS[error])
    if status is None:
        return ""
    known = {item.value: item.phrase for item in HTTPStatus}
    return f"{status} {known.get(status, '')}".strip()


def _call(row: DeliveryPush) -> Call:
    tags = {
        PushState.PENDING: Tag(_("Due") if not row.attempts else _("Tried again"), "wait", "info"),
        PushState.DONE: Tag(_("Told"), "done", "good"),
        PushState.FAILED: Tag(_("Given up"), "failed", "bad"),
    }
    recent = row.message_id >= uuid7_floor(clock.now() - timedelta(days=7))
    return Call(
        row.pk,
        row.message_id,
        time_of(row.message_id),
        str(dict(Topic.choices).get(topic_of(State(row.message_state)), "")),
        tags[PushState(row.state)],
        row.attempts,
        answer_of(row.last_status, row.last_error),
        row.last_at,
        row.due_at if row.state == PushState.PENDING and row.attempts else None,
        row.state != PushState.PENDING and recent,
    )
