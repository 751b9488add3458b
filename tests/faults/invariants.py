"""What must hold whenever nobody is at work, whatever has died: read from the databases, the vault and the carrier's
own ledger, and held against what the clients were told.

Each breach is a line of text; all of them are told together.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connections

from accounts.billing.selectors import ledger_total
from messaging.accept.rows import CONTENT, NUMBER, TABLE
from messaging.allowance import services as allowance
from messaging.classic import ids
from messaging.messages.states import FINAL, State
from paasoo_portal.core import audit, clock, partitions, regions
from paasoo_portal.core.audit.models import AuditEvent
from paasoo_portal.core.ids import time_of
from paasoo_portal.core.tenancy import scope, system_scope
from privacy import keys
from privacy.errors import PrivacyError
from privacy.keys import Erased, opener, store
from privacy.keys.store import KeyRow
from privacy.keys.vault import vault
from privacy.retention import verify
from tests.faults.world import Request, World

# In these states the carrier must have the message, must not have it, or may have it.
HANDED_OVER = frozenset({State.SENT, State.DELIVERED, State.UNDELIVERED, State.FAILED, State.REJECTED})
NOT_YET = frozenset({State.ACCEPTED, State.QUEUED})

Place = tuple[str, date, UUID]
_ROWS = """
SELECT id, account_id, state, sender, segments, price, carrier_ref, error_code, content_key_id, number_key_id,
  content_sealed, number_sealed, content_due_on, number_due_on FROM messaging_message
"""
_LIVE = """
SELECT account_id, to_timestamp(('x' || translate(left(id::text, 13), '-', ''))::bit(48)::bigint / 1000.0)::date,
  direction, state, count(*), sum(segments)::bigint, sum(segments * price)
FROM messaging_message WHERE state <> 0 GROUP BY 1, 2, 3, 4
"""
_COUNTED = """
SELECT account_id, day, direction, state, messages, segments, amount FROM messaging_daycount
WHERE messages <> 0 OR segments <> 0 OR amount <> 0
"""


class Row(NamedTuple):
    """A stored message."""

    id: UUID
    account_id: UUID
    state: int
    sender: str
    segments: int
    price: Decimal
    carrier_ref: str
    error_code: int | None
    content_key_id: UUID
    number_key_id: UUID
    content_sealed: bytes | None
    number_sealed: bytes | None
    content_due_on: date
    number_due_on: date

    @property
    def day(self) -> date:
        return time_of(self.id).date()

    @property
    def cost(self) -> Decimal:
        return self.price * self.segments


@dataclass
class Memory:
    """What was seen of days that have been swept meanwhile: how many messages, and what they cost."""

    stored: dict[Place, tuple[int, Decimal]] = field(default_factory=dict)


def check_invariants(world: World, memory: Memory, *, settled: bool = False) -> None:
    """Raises AssertionError naming every breach. `settled`: today's night is over, and nobody has worked since."""
    keys.forget()
    vault().forget()
    breaches: list[str] = []
    present: dict[str, set[date]] = {}
    for alias in regions.aliases():
        rows = _rows(alias)
        days = present[alias] = set(partitions.existing_days(alias, TABLE))
        _remember(memory, alias, days, rows)
        breaches += _answers(world, alias, days, rows)
        breaches += _ledger(alias, rows)
        breaches += _events(alias, rows)
        breaches += _counters(alias, days)
        breaches += _keys(alias)
        breaches += _readable(world, alias, rows)
        breaches += _usage(alias, memory, days, settled=settled)
    breaches += _money(world, memory)
    breaches += _evidence()
    assert not breaches, "\n".join(breaches[:40])


def rows_of(alias: str) -> list[Row]:
    return _rows(alias)


def silent(alias: str) -> set[UUID]:
    """The messages that the carrier has taken and of which it will tell nothing."""
    taken = _query(alias, "SELECT reference FROM messaging_sandboxsubmission WHERE receipt_state IS NULL")
    return {row[0] for row in taken}


def _query(alias: str, query: str, given: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    with system_scope("faults", using=(alias,)), connections[alias].cursor() as cursor:
        cursor.execute(query, list(given))
        return cursor.fetchall()


def _rows(alias: str) -> list[Row]:
    return [Row(*values) for values in _query(alias, _ROWS)]


def _remember(memory: Memory, alias: str, days: set[date], rows: list[Row]) -> None:
    seen: dict[Place, list[Decimal]] = defaultdict(list)
    for row in rows:
        seen[alias, row.day, row.account_id].append(row.cost)
    for place in [place for place in memory.stored if place[0] == alias and place[1] in days]:
        del memory.stored[place]
    memory.stored.update({place: (len(costs), sum(costs, Decimal(0))) for place, costs in seen.items()})


# --- Nothing lost, nothing twice -------------------------------------------------------------------------------


def _answers(world: World, alias: str, days: set[date], rows: list[Row]) -> Iterator[str]:
    """A request is stored whole when it was answered 0, not at all when refused, whole or not at all otherwise."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.sender].append(row)
    mine = [one for one in world.requests.values() if regions.alias(one.region) == alias]
    for request in mine:
        stored = found.pop(request.sender, [])
        if request.day in days:
            yield from _answer(request, stored)
        elif stored:
            yield f"{alias}: request {request.n} lies outside its day"
    yield from (f"{alias}: nobody asked for {sender}" for sender in found)


def _answer(request: Request, stored: list[Row]) -> Iterator[str]:
    told = f"request {request.n} (answered {request.status}) of {len(request.to)}: {len(stored)} rows"
    if any(row.account_id != request.customer.account_id for row in stored):
        yield f"{told} of another account"
    if request.status is None:
        if len(stored) not in {0, len(request.to)}:
            yield f"half stored: {told}"
    elif request.status != "0":
        if stored:
            yield f"stored though refused: {told}"
    elif sorted(request.ids) != sorted(ids.encode(row.id) for row in stored):
        yield f"answered ids are not the stored ones: {told}"


def _ledger(alias: str, rows: list[Row]) -> Iterator[str]:
    """The carrier was handed each message at most once, and exactly those whose state says so."""
    handed: dict[UUID, list[tuple[Any, ...]]] = defaultdict(list)
    for reference, *rest in _query(
        alias, "SELECT reference, carrier_ref, receipt_state, receipt_error FROM messaging_sandboxsubmission"
    ):
        handed[reference].append(tuple(rest))
    for row in rows:
        taken = handed.pop(row.id, [])
        name = f"{alias}: {row.sender} in state {State(row.state).name}"
        if len(taken) > 1:
            yield f"{name} was handed over {len(taken)} times"
        elif taken and row.state in NOT_YET:
            yield f"{name} was handed over"
        elif not taken and row.state in HANDED_OVER:
            yield f"{name} was not handed over"
        elif taken and row.state in HANDED_OVER:
            yield from _outcome(name, row, *taken[0])
    for reference in handed:
        yield f"{alias}: the carrier has {reference}, which is not stored"


def _outcome(name: str, row: Row, carrier_ref: str, state: int | None, error: int | None) -> Iterator[str]:
    if row.carrier_ref != carrier_ref:
        yield f"{name} has another reference than the carrier"
    if row.state in FINAL and (row.state, row.error_code) != (state, error):
        yield f"{name} with {row.error_code}, while the carrier says {state} with {error}"


def _events(alias: str, rows: list[Row]) -> Iterator[str]:
    told = set(
        _query(alias, "SELECT message_id, state FROM messaging_messageevent WHERE note NOT IN ('late')")
    )
    for row in rows:
        if row.state != State.ACCEPTED and (row.id, row.state) not in told:
            yield f"{alias}: no event tells that {row.sender} is {State(row.state).name}"


def _counters(alias: str, days: set[date]) -> Iterator[str]:
    live = set(_query(alias, _LIVE))
    counted = {row for row in _query(alias, _COUNTED) if row[1] in days}
    yield from (f"{alias}: not counted: {row}" for row in live - counted)
    yield from (f"{alias}: counted, but not there: {row}" for row in counted - live)


# --- Keys and what they open -----------------------------------------------------------------------------------


def _keys(alias: str) -> Iterator[str]:
    for values in _query(alias, f"SELECT {store.COLUMNS} FROM privacy_datakey"):
        row = KeyRow(*values)
        try:
            store.material(alias, row)
        except (PrivacyError, Exception) as error:
            yield f"{alias}: key {row.id} of epoch {row.epoch} does not open: {error!r}"
    yield from (str(culprit) for culprit in verify.verify(alias).culprits)


def _readable(world: World, alias: str, rows: list[Row]) -> Iterator[str]:
    """Until its day every text and number opens to what was sent; from its day on, nothing does."""
    by_sender = {request.sender: request for request in world.requests.values()}
    with system_scope("faults", using=(alias,)):
        opening = opener(alias)
        opening.prefetch([key for row in rows for key in (row.content_key_id, row.number_key_id)])
        for row in rows:
            request = by_sender[row.sender]
            content = _opened(opening, row, row.content_key_id, row.content_sealed, CONTENT)
            number = _opened(opening, row, row.number_key_id, row.number_sealed, NUMBER)
            yield from _told(alias, row, "text", content, [request.text], row.content_due_on)
            yield from _told(alias, row, "number", number, request.to, row.number_due_on)


def _opened(opening: Any, row: Row, key_id: UUID, sealed: bytes | None, column: str) -> str | None:
    if sealed is None:
        return None
    try:
        return str(opening.open(key_id, bytes(sealed), table=TABLE, column=column, row=row.id).decode())
    except Erased:
        return None


def _told(alias: str, row: Row, what: str, got: str | None, sent: list[str], due_on: date) -> Iterator[str]:
    name = f"{alias}: the {what} of {row.sender} ({State(row.state).name}, due {due_on})"
    if got is not None and got not in sent:
        yield f"{name} is not what was sent"
    kept_for_delivery = due_on <= row.day and row.state not in FINAL
    if got is None and due_on > clock.today():
        yield f"{name} does not open"
    if got is not None and due_on <= clock.today() and not kept_for_delivery:
        yield f"{name} still opens"


# --- Money -----------------------------------------------------------------------------------------------------


def _usage(alias: str, memory: Memory, days: set[date], *, settled: bool) -> Iterator[str]:
    """Records and ledger say the same; those of days that are closed for good say what was stored."""
    used: dict[Place, tuple[int, Decimal]] = {}
    for account_id, day, messages, amount in _query(
        "default",
        "SELECT account_id, day, sum(messages)::bigint, sum(amount) FROM messaging_usagerecord WHERE region = %s "
        "GROUP BY 1, 2",
        (alias,),
    ):
        used[alias, day, account_id] = (messages, amount)
    booked: Counter[Place] = Counter()
    for account_id, reference, amount in _query(
        "default", "SELECT account_id, reference, amount FROM accounts_ledgerentry WHERE kind = 'usage'"
    ):
        _, region, day, _ = reference.split(":")
        if region == alias:
            booked[alias, date.fromisoformat(day), account_id] -= amount
    for place in used.keys() | booked.keys():
        if used.get(place, (0, 0))[1] != booked[place]:
            yield f"{place}: used {used.get(place)}, booked {booked[place]}"
    for place, stored in memory.stored.items():
        closed = place[1] not in days or (settled and place[1] < clock.today())
        if place[0] == alias and closed and used.get(place) != stored:
            yield f"{place}: stored {stored}, settled {used.get(place)}"


def _money(world: World, memory: Memory) -> Iterator[str]:
    """What was paid is spent on messages, or still to be spent: nothing is lost or made between databases."""
    cost: Counter[UUID] = Counter()
    for (_, _, account_id), (_, amount) in memory.stored.items():
        cost[account_id] += amount
    for account_id, paid in world.paid.items():
        left = allowance.available(account_id)
        if paid != left + cost[account_id]:
            yield f"account {account_id} paid {paid}, has {left}, its messages cost {cost[account_id]}"
        with scope(account_id):
            booked = sum(
                (amount for (amount,) in _query(
                    "default",
                    "SELECT amount FROM accounts_ledgerentry WHERE kind = 'usage' AND account_id = %s",
                    (account_id,),
                )), Decimal(0))  # fmt: skip
        with scope(account_id):
            if ledger_total() != paid + booked:
                yield f"the ledger of {account_id} does not add up"


def _evidence() -> Iterator[str]:
    yield from (str(culprit) for culprit in verify.verify_certificates().culprits)
    with system_scope("faults"):
        chains = set(AuditEvent.objects.values_list("chain", flat=True))
        broken = {chain: audit.verify(chain) for chain in chains}
    yield from (f"the audit trail {chain} breaks at {at}" for chain, at in broken.items() if at is not None)
