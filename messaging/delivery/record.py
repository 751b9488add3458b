"""The one writer of a message's state once it is accepted: locks the rows, asks the state table, and writes row, event,
day counter and the customer's push together. Keeps P-RET-2: with 0 days the text goes with the last state. What an open
hold or the law keeps in its place stays, unread: see Message.has_content (P-RET-9, P-RET-12).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connections

from messaging.delivery import bounds
from messaging.messages import transitions
from messaging.messages.states import Actor, Direction, State
from messaging.preservation import capture
from messaging.usage import counters
from messaging.usage.counters import Counted
from messaging.webhooks.models import topic_of
from paasoo_portal.core import bulk, clock
from paasoo_portal.core.ids import time_of, uuid7
from privacy.keys.models import DataClass

_LOCK: Final = """
SELECT m.account_id, m.id, m.state, m.direction, m.segments, m.price, m.carrier, m.carrier_ref, m.error_code,
  m.sent_at, m.final_at, m.due_at, m.content_due_on, m.number_due_on, m.attempts
FROM unnest(%s::uuid[], %s::uuid[]) AS r(account_id, id)
JOIN messaging_message m ON m.account_id = r.account_id AND m.id = r.id
WHERE m.id >= %s AND m.id <= %s ORDER BY m.id FOR UPDATE OF m
"""
_UPDATE: Final = """
UPDATE messaging_message m SET state = o.state, carrier = o.carrier, carrier_ref = o.carrier_ref,
  error_code = o.error_code, sent_at = o.sent_at, final_at = o.final_at, due_at = o.due_at,
  leased_until = NULL, leased_by = '',
  content_sealed = CASE WHEN o.no_content THEN NULL ELSE m.content_sealed END,
  number_sealed = CASE WHEN o.no_number THEN NULL ELSE m.number_sealed END,
  number_token = CASE WHEN o.no_token THEN NULL ELSE m.number_token END
FROM unnest(%s::uuid[], %s::uuid[], %s::smallint[], %s::text[], %s::text[], %s::smallint[], %s::timestamptz[],
  %s::timestamptz[], %s::timestamptz[], %s::boolean[], %s::boolean[], %s::boolean[])
  AS o(account_id, id, state, carrier, carrier_ref, error_code, sent_at, final_at, due_at, no_content, no_number,
    no_token)
WHERE m.account_id = o.account_id AND m.id = o.id AND m.id >= %s AND m.id <= %s
"""
_EVENTS: Final = (
    ("id", "uuid"),
    ("account_id", "uuid"),
    ("message_id", "uuid"),
    ("state", "smallint"),
    ("actor", "smallint"),
    ("at", "timestamptz"),
    ("error_code", "smallint"),
    ("note", "text"),
)
# Who wants to be told: the classic API's URL, and webhooks by the states they asked for.
_LISTENERS: Final = """
SELECT account_id, NULL::uuid, NULL::jsonb FROM messaging_regionaccount
WHERE account_id = ANY(%(accounts)s) AND push_url <> ''
UNION ALL SELECT account_id, id, topics FROM messaging_regionwebhook WHERE account_id = ANY(%(accounts)s)
"""
_PUSHES: Final = (
    ("id", "uuid"),
    ("account_id", "uuid"),
    ("message_id", "uuid"),
    ("endpoint_id", "uuid"),
    ("message_state", "smallint"),
    ("error_code", "smallint"),
    ("due_at", "timestamptz"),
    ("state", "smallint"),
    ("attempts", "smallint"),
    ("last_error", "text"),
)


class Report(NamedTuple):
    """What somebody says became of a message. `due_at`: when we act on it next, if we must. `attempt`: the only attempt
    at handing it over that this is true of; meanwhile another may be under way, which it must not stop or repeat.
    """

    account_id: UUID
    message_id: UUID
    state: State
    actor: Actor
    at: datetime
    error_code: int | None = None
    note: str = ""
    carrier: str = ""
    carrier_ref: str = ""
    due_at: datetime | None = None
    attempt: int | None = None


class Step(NamedTuple):
    """One event to write."""

    account_id: UUID
    message_id: UUID
    state: State
    actor: Actor
    at: datetime
    error_code: int | None = None
    note: str = ""


@dataclass
class _Row:
    """A locked message."""

    account_id: UUID
    id: UUID
    state: State
    direction: int
    segments: int
    price: Decimal
    carrier: str
    carrier_ref: str
    error_code: int | None
    sent_at: datetime | None
    final_at: datetime | None
    due_at: datetime
    content_due_on: date
    number_due_on: date
    attempts: int


_DUE_ON: Final = {
    DataClass.CONTENT: attrgetter("content_due_on"),
    DataClass.NUMBER: attrgetter("number_due_on"),
}


def record(alias: str, reports: Sequence[Report]) -> int:
    """Write what became of some messages; how many moved. Needs a system scope on `alias`, whose transaction it joins.

    A report that changes nothing (late, repeated) leaves an event that says so, and nothing else.
    """
    if not reports:
        return 0
    with connections[alias].cursor() as cursor:
        rows = _lock(cursor, reports)
        steps: list[Step] = []
        counted: list[Counted] = []
        moved: dict[UUID, _Row] = {}
        for report in reports:
            row = rows.get(report.message_id)
            if row is None:
                continue  # its day was swept
            if not _may_move(row, report):
                note = transitions.why_not(row.state, report.state)
                steps.append(_step(report, note))
                continue
            steps.append(_step(report, report.note))
            counted.append(_counted(row, report.state))
            _move(row, report)
            moved[row.id] = row
        _update(alias, cursor, list(moved.values()))
        write_steps(cursor, steps, counted)
        _push(cursor, [row for row in moved.values() if transitions.is_final(row.state)])
    return len(moved)


def write_steps(cursor: Any, steps: Sequence[Step], counted: Sequence[Counted]) -> None:
    """Write events and move the day counters, for rows that the caller has locked and changed."""
    bulk.insert_unnest(cursor, "messaging_messageevent", _EVENTS, [(uuid7(step.at), *step) for step in steps])
    counters.move(cursor, counted)


def _lock(cursor: Any, reports: Sequence[Report]) -> dict[UUID, _Row]:
    wanted = {report.message_id: report.account_id for report in reports}
    cursor.execute(_LOCK, [list(wanted.values()), list(wanted), *bounds.of(wanted)])
    rows = [_Row(*values) for values in cursor.fetchall()]
    for row in rows:
        row.state = State(row.state)
    return {row.id: row for row in rows}


def _may_move(row: _Row, report: Report) -> bool:
    if report.attempt not in {None, row.attempts}:
        return False
    if report.state is State.QUEUED and transitions.may_requeue(row.state):
        return True
    return transitions.advance(row.state, report.state) is not None


def _move(row: _Row, report: Report) -> None:
    row.state = report.state
    row.carrier = report.carrier or row.carrier
    row.carrier_ref = report.carrier_ref or row.carrier_ref
    row.error_code = report.error_code
    row.due_at = report.due_at or row.due_at
    if report.carrier_ref or report.state is State.SENT:
        row.sent_at = row.sent_at or report.at
    if transitions.is_final(report.state):
        row.final_at = report.at


def _update(alias: str, cursor: Any, rows: Sequence[_Row]) -> None:
    if not rows:
        return
    gone = {
        data_class: {row.id for row in rows if _gone(row, due_on(row))}
        for data_class, due_on in _DUE_ON.items()
    }
    emptied = gone[DataClass.CONTENT] | gone[DataClass.NUMBER]
    kept = capture.before_emptying(alias, [(row.account_id, row.id) for row in rows if row.id in emptied])
    values = [
        (
            row.account_id, row.id, row.state, row.carrier, row.carrier_ref, row.error_code, row.sent_at,
            row.final_at, row.due_at,
            *(row.id in ids and not kept(row.account_id, row.id, data_class) for data_class, ids in gone.items()),
            row.id in gone[DataClass.NUMBER],
        )
        for row in rows
    ]  # fmt: skip
    cursor.execute(_UPDATE, [*bulk.transpose(values), *bounds.of(row.id for row in rows)])


def _gone(row: _Row, due_on: date) -> bool:
    """Whether the customer asked that it be kept for 0 days, and delivery needs it no longer."""
    return transitions.is_final(row.state) and due_on <= time_of(row.id).date()


def _step(report: Report, note: str) -> Step:
    return Step(
        report.account_id, report.message_id, report.state, report.actor, report.at, report.error_code, note
    )


def _counted(row: _Row, state: State) -> Counted:
    day = time_of(row.id).date()
    return Counted(
        row.account_id, day, row.direction, row.state, state, row.segments, row.price * row.segments
    )


def _push(cursor: Any, rows: Sequence[_Row]) -> None:
    told = [row for row in rows if row.direction == Direction.OUTBOUND]
    if not told:
        return
    now = clock.now()
    cursor.execute(_LISTENERS, {"accounts": list({row.account_id for row in told})})
    listeners: dict[UUID, list[tuple[UUID | None, str]]] = {}
    for account_id, endpoint_id, topics in cursor.fetchall():
        listeners.setdefault(account_id, []).append((endpoint_id, topics))
    pushes = [
        (uuid7(now), row.account_id, row.id, endpoint_id, row.state, row.error_code, now, 0, 0, "")
        for row in told
        for endpoint_id, topics in listeners.get(row.account_id, [])
        if endpoint_id is None or topic_of(row.state) in topics
    ]
    bulk.insert_unnest(cursor, "messaging_deliverypush", _PUSHES, pushes)
