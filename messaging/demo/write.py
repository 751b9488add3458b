"""Writing a day that has happened: accepted by the accept statement, then brought to its end.

One transaction a day: a day is there as a whole or not at all, so a demo that was interrupted goes on where
it stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid5

from django.db import connections

from messaging import numbers
from messaging.accept import keyring, rows, rules
from messaging.allowance import services as allowance
from messaging.demo.traffic import Planned
from messaging.messages.states import Actor, Direction, State
from messaging.usage import counters
from messaging.usage.counters import Counted
from messaging.usage.models import DayCount
from paasoo_portal.core import bulk
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope
from privacy.keys import DataKey

_CARRIER: Final = "sandbox"
_NOTHING: Final = Decimal(0)
_HANDSETS: Final = frozenset({State.DELIVERED})
_OUTCOME: Final = """
UPDATE messaging_message AS m SET state = o.state, error_code = o.error_code, sent_at = o.sent_at,
  final_at = o.final_at, carrier = o.carrier, carrier_ref = o.carrier_ref, client_ref = o.client_ref,
  price = o.price, attempts = o.attempts, due_at = o.due_at, leased_until = o.leased_until
FROM unnest(%s::uuid[], %s::smallint[], %s::smallint[], %s::timestamptz[], %s::timestamptz[], %s::text[],
  %s::text[], %s::text[], %s::numeric[], %s::smallint[], %s::timestamptz[], %s::timestamptz[])
  AS o(id, state, error_code, sent_at, final_at, carrier, carrier_ref, client_ref, price, attempts, due_at,
    leased_until)
WHERE m.account_id = %s AND m.id = o.id AND m.id >= %s AND m.id <= %s
"""
_INBOUND: Final = tuple((name, kind) for name, kind in rows.TYPES.items() if name != "account") + (
    ("direction", "smallint"),
    ("state", "smallint"),
    ("channel", "text"),
    ("client_ref", "text"),
    ("carrier", "text"),
    ("carrier_ref", "text"),
    ("attempts", "smallint"),
    ("leased_by", "text"),
    ("final_at", "timestamptz"),
)
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


@dataclass(frozen=True)
class Writer:
    """Writes one account's days into one region."""

    account: rules.AccountRules
    prices: dict[tuple[str, str], Decimal]
    region: str
    alias: str
    api_key_id: UUID

    def has(self, day: date) -> bool:
        """Whether the day was written before."""
        with scope(self.account.account_id, using=[self.alias]):
            return DayCount.objects.using(self.alias).filter(day=day).exists()

    def write(self, day: date, planned: Sequence[Planned], *, kept_from: date | None = None) -> int:
        """Accept and finish a day's messages; the clock must stand on that day.

        `kept_from`: the day on which scheduled ones will be sent, for their retention starts then.
        """
        keeping = rules.keeping(kept_from or day, self.account.content_days, self.account.number_days)
        keys = keyring.fetch(self.alias, self.account.account_id, keeping)
        out = [message for message in planned if message.state != State.RECEIVED]
        into = [message for message in planned if message.state == State.RECEIVED]
        sent = [(message, self._row(message, keeping, keys)) for message in out]
        received = [(message, self._row(message, keeping, keys)) for message in into]
        cost = sum((row.price * row.segments for _, row in sent), _NOTHING)
        if sent and not allowance.pull(self.account.account_id, self.region, cost):
            raise RuntimeError("the demo's account cannot pay for its day")
        with scope(self.account.account_id, using=[self.alias]), connections[self.alias].cursor() as cursor:
            self._accept(cursor, sent)
            _receive(cursor, received)
            bulk.insert_unnest(cursor, "messaging_messageevent", _EVENTS, _events(sent + received))
            counters.move(cursor, _counted(day, sent + received))
        return len(planned)

    def _row(self, message: Planned, keeping: rules.Keeping, keys: tuple[DataKey, DataKey]) -> rows.Row:
        number = numbers.parse(message.number)
        if number is None:
            raise ValueError("a number of the demo is not well formed")
        draft = rules.drafts(
            self.account, self.prices, sender=message.sender, to=[number], text=message.text
        )[0]
        if message.state in {State.RECEIVED, State.CANCELED}:
            draft = replace(draft, price=_NOTHING)
        return rows.build(
            draft,
            account_id=self.account.account_id,
            api_key_id=None if message.state == State.RECEIVED else self.api_key_id,
            keeping=keeping,
            content_key=keys[0],
            number_key=keys[1],
            at=message.at,
        )

    def _accept(self, cursor: Any, sent: list[tuple[Planned, rows.Row]]) -> None:
        if not sent:
            return
        _, parameters = rows.parameters([row for _, row in sent])
        cursor.execute(rows.ACCEPT_SQL, parameters)
        if not cursor.fetchone()[0][0]:
            raise RuntimeError("the demo's allowance was spent by somebody else")
        outcomes = bulk.transpose([_outcome(message, row) for message, row in sent])
        ids = outcomes[0]
        cursor.execute(_OUTCOME, [*outcomes, self.account.account_id, min(ids), max(ids)])


def _outcome(message: Planned, row: rows.Row) -> tuple[Any, ...]:
    handed = message.sent_at is not None or message.state == State.REJECTED
    return (
        row.id,
        message.state,
        message.error_code,
        message.sent_at,
        message.final_at,
        _CARRIER if handed else "",
        carrier_ref(row.id) if message.sent_at is not None and message.state != State.UNKNOWN else "",
        message.client_ref,
        row.price,
        int(handed),
        message.due_at or message.at,
        message.leased_until,
    )


def carrier_ref(message_id: UUID) -> str:
    """What the carrier would have called the message."""
    return f"demo-{uuid5(message_id, _CARRIER).hex[:20]}"


def _receive(cursor: Any, received: list[tuple[Planned, rows.Row]]) -> None:
    bulk.insert_unnest(
        cursor,
        rows.TABLE,
        _INBOUND,
        [
            (
                *row[1:],
                Direction.INBOUND,
                State.RECEIVED,
                "sms",
                "",
                _CARRIER,
                carrier_ref(row.id),
                0,
                "",
                message.at,
            )
            for message, row in received
        ],
    )


def _events(written: list[tuple[Planned, rows.Row]]) -> list[tuple[Any, ...]]:
    found = []
    for message, row in written:
        for step, (state, actor, at) in enumerate(_steps(message)):
            error = message.error_code if state == message.state else None
            # The step is in the id's time as well, so that events of one millisecond keep their order.
            identity = uuid7(at + timedelta(milliseconds=step))
            found.append((identity, row.account_id, row.id, state, actor, at, error, ""))
    return found


def _steps(message: Planned) -> list[tuple[int, int, datetime]]:
    """The way of a message, as the dispatcher and the receipts would have written it."""
    if message.state == State.RECEIVED:
        return [(State.RECEIVED, Actor.HANDSET, message.at)]
    if message.state == State.CANCELED and message.final_at is not None:
        return [(State.SCHEDULED, Actor.PAASOO, message.at), (State.CANCELED, Actor.PAASOO, message.final_at)]
    if message.state == State.SCHEDULED:
        return [(State.SCHEDULED, Actor.PAASOO, message.at)]
    steps = [(int(State.ACCEPTED), int(Actor.PAASOO), message.at)]
    if message.state in {State.QUEUED, State.SENDING}:
        steps.append((int(message.state), int(Actor.PAASOO), message.at + timedelta(milliseconds=300)))
    sent_at = message.sent_at or message.final_at
    if sent_at is not None:
        steps.append((State.SENDING, Actor.PAASOO, message.at + (sent_at - message.at) / 3))
    if message.sent_at is not None and message.state != State.UNKNOWN:
        steps.append((State.SENT, Actor.CARRIER, message.sent_at))
    if message.state == State.UNKNOWN and sent_at is not None:
        steps.append((State.UNKNOWN, Actor.PAASOO, sent_at))
    if message.final_at is not None:
        actor = Actor.HANDSET if message.state in _HANDSETS else Actor.CARRIER
        steps.append((message.state, actor, message.final_at))
    return steps


def _counted(day: date, written: list[tuple[Planned, rows.Row]]) -> list[Counted]:
    return [
        Counted(
            row.account_id,
            day,
            int(Direction.INBOUND if message.state == State.RECEIVED else Direction.OUTBOUND),
            State.ACCEPTED,
            State(message.state),
            row.segments,
            row.price * row.segments,
        )
        for message, row in written
    ]


def writer(account_id: UUID, region: str, alias: str, api_key_id: UUID) -> Writer:
    """A writer that knows the account and the prices as the region does."""
    from messaging.projections.models import RegionAccount, RegionPrice

    with scope(account_id, using=[alias]):
        known = RegionAccount.objects.using(alias).get(pk=account_id)
    account = rules.AccountRules(
        account_id,
        known.state == "open",
        known.default_sender,
        known.content_days,
        known.number_days,
        known.throttle_per_second,
    )
    prices = {(row.country, row.network): row.amount for row in RegionPrice.objects.using(alias).all()}
    return Writer(account, prices, region, alias, api_key_id)
