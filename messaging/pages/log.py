"""Reading a page of the message log, by id, within days, with one key query for all its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import connections
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet, Sum
from django.utils.functional import Promise

from messaging.messages.models import Message
from messaging.messages.states import Direction
from messaging.pages import words
from messaging.pages.filters import LogFilter
from messaging.pages.opening import Number, Numbers
from messaging.usage.models import DayCount
from paasoo_portal.core import clock, regions
from paasoo_portal.core.ids import time_of, uuid7_floor
from privacy.keys import number_probes

PAGE = 40


@dataclass(frozen=True)
class Cursor:
    """Where a page begins: before an id (older) or after one (newer)."""

    before: UUID | None = None
    after: UUID | None = None


@dataclass(frozen=True)
class Row:
    """A message as the log shows it."""

    id: UUID
    at: datetime
    state: words.Shown
    number: Number
    inbound: bool
    sender: str
    country: str
    segments: int
    error: str | Promise
    kept_on: date | None


@dataclass(frozen=True)
class LogPage:
    rows: list[Row]
    older: UUID | None
    newer: UUID | None


def read_page(
    account_id: UUID,
    asked: LogFilter,
    cursor: Cursor,
    *,
    masked: bool,
    content_days: int,
) -> LogPage:
    """One page, newest first. Needs the account's scope on the region's database."""
    alias = regions.alias(asked.region)
    found = _find(alias, account_id, asked, cursor)
    more = len(found) > PAGE
    if cursor.after is not None:
        found = found[:PAGE][::-1]
        older: UUID | None = found[-1].pk if found else cursor.after
        newer: UUID | None = found[0].pk if more else None
    else:
        found = found[:PAGE]
        older = found[-1].pk if more else None
        newer = found[0].pk if found and cursor.before is not None else None
    rows = rows_of(alias, account_id, found, masked=masked, content_days=content_days)
    return LogPage(rows, older, newer)


def count(asked: LogFilter) -> int | None:
    """How many messages the filter finds by the counters, or None when they cannot tell."""
    if not asked.counted:
        return None
    counts = DayCount.objects.using(regions.alias(asked.region)).filter(
        day__gte=asked.first_day, day__lte=asked.last_day
    )
    if asked.states:
        counts = counts.filter(state__in=asked.states)
    if asked.direction is not None:
        counts = counts.filter(direction=asked.direction)
    return int(counts.aggregate(total=Sum("messages"))["total"] or 0)


def batch(account_id: UUID, asked: LogFilter, before: UUID | None, size: int) -> list[Message]:
    """Up to `size` messages with their sealed texts, newest first, as the page selects them; for the export."""
    alias = regions.alias(asked.region)
    rows = listed(alias).defer(None)
    return _find(alias, account_id, asked, Cursor(before=before), rows=rows, size=size)


def _find(
    alias: str,
    account_id: UUID,
    asked: LogFilter,
    cursor: Cursor,
    *,
    rows: QuerySet[Message] | None = None,
    size: int | None = None,
) -> list[Message]:
    lowest, highest = (
        uuid7_floor(asked.first_day),
        uuid7_floor(asked.last_day + timedelta(days=1)),
    )
    if cursor.before is not None:
        highest = min(highest, cursor.before)
    if cursor.after is not None:
        lowest = max(lowest, UUID(int=cursor.after.int + 1))
    rows = (listed(alias) if rows is None else rows).filter(id__gte=lowest, id__lt=highest)
    if asked.number:
        rows = rows.filter(pk__in=_ids_of_number(alias, account_id, asked, lowest, highest))
    rows = rows.filter(_narrowed(asked)).order_by("id" if cursor.after is not None else "-id")
    return list(rows[: size or PAGE + 1])


def _narrowed(asked: LogFilter) -> Q:
    narrowed = Q()
    if asked.states:
        narrowed &= Q(state__in=asked.states)
    if asked.direction is not None:
        narrowed &= Q(direction=asked.direction)
    if asked.sender:
        narrowed &= Q(sender=asked.sender)
    if asked.api_key_id is not None:
        narrowed &= Q(api_key_id=asked.api_key_id)
    return narrowed


# A probe is paired with the day of its key, so that each one prunes to that day's partition.
_SEARCH = """
SELECT found.id FROM unnest(%s::uuid[], %s::uuid[], %s::bytea[]) AS probe(lo, hi, token)
CROSS JOIN LATERAL (
  SELECT id FROM messaging_message
  WHERE account_id = %s AND number_token = probe.token AND id >= probe.lo AND id < probe.hi
    AND id >= %s AND id < %s
) AS found LIMIT 5000
"""


def _ids_of_number(
    alias: str, account_id: UUID, asked: LogFilter, lowest: UUID, highest: UUID
) -> Sequence[UUID]:
    lo, hi, probes = number_probes(alias, account_id, asked.number.encode(), asked.first_day, asked.last_day)
    if not probes:
        return []
    with connections[alias].cursor() as cursor:
        cursor.execute(_SEARCH, [lo, hi, probes, account_id, lowest, highest])
        return [row[0] for row in cursor.fetchall()]


def listed(alias: str) -> QuerySet[Message]:
    """Messages for a list: without their sealed texts, but knowing whether there is one."""
    textless = ExpressionWrapper(Q(content_sealed__isnull=True), BooleanField())
    return Message.objects.using(alias).defer("content_sealed").annotate(textless=textless)


def _row(message: Message, numbers: Numbers, content_days: int) -> Row:
    return Row(
        id=message.pk,
        at=time_of(message.pk),
        state=words.state(message.state),
        number=numbers.of(message),
        inbound=message.direction == Direction.INBOUND,
        sender=message.sender,
        country=message.country,
        segments=message.segments,
        error=words.error(message.error_code),
        kept_on=_kept_on(message, content_days),
    )


def _kept_on(message: Message, content_days: int) -> date | None:
    """The last day on which the text can be read, or None when it is gone."""
    latest = time_of(message.pk).date() + timedelta(days=max(content_days, 1))
    due_on = min(message.content_due_on, latest)
    gone = message.textless or due_on <= clock.today()  # type: ignore[attr-defined]
    return None if gone else due_on - timedelta(days=1)


def rows_of(
    alias: str,
    account_id: UUID,
    messages: Sequence[Message],
    *,
    masked: bool,
    content_days: int,
) -> list[Row]:
    """Rows for messages read by `listed`; `content_days` is the instruction in force."""
    numbers = Numbers(alias, account_id, masked=masked)
    numbers.prefetch(messages)
    return [_row(message, numbers, content_days) for message in messages]
