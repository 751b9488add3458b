"""The sandbox: a carrier that really queues. What it is handed it writes down at once, in its own ledger and its own
transaction, as another company's system would; receipts come from there later, and again until they are taken.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar, Final
from uuid import UUID

from django.db import connections

from messaging.carriers.base import Carrier, Receipt, Standing, Submission, SubmitAnswer
from messaging.carriers.sandbox.outcomes import Outcome, outcome_of
from messaging.messages.states import State
from paasoo_portal.core import bulk, clock

AGAIN: Final = timedelta(seconds=1)
# A receipt that nobody has taken by then is for a message that is gone.
GIVEN_UP_AFTER: Final = timedelta(days=3)
_COLUMNS: Final = (
    ("reference", "uuid"),
    ("carrier_ref", "text"),
    ("outcome", "text"),
    ("submitted_at", "timestamptz"),
    ("receipt_due_at", "timestamptz"),
    ("receipts_left", "smallint"),
    ("receipt_state", "smallint"),
    ("receipt_error", "smallint"),
)
# The due time moves on as it is read: whoever reads a receipt and dies leaves it to the next. A CTE, for a locking
# subquery under IN may be run once a row, whatever its LIMIT.
_RECEIPTS: Final = """
WITH picked AS (
  SELECT id FROM messaging_sandboxsubmission
  WHERE receipts_left > 0 AND receipt_due_at <= %s AND submitted_at > %s
  ORDER BY receipt_due_at LIMIT %s FOR UPDATE SKIP LOCKED)
UPDATE messaging_sandboxsubmission s SET receipt_due_at = %s FROM picked p WHERE s.id = p.id
RETURNING s.id, s.carrier_ref, s.receipt_state, s.receipt_error
"""
_STANDINGS: Final = """
SELECT DISTINCT ON (reference) reference, carrier_ref, outcome
FROM messaging_sandboxsubmission WHERE reference = ANY(%s) ORDER BY reference, id
"""


class SandboxCarrier(Carrier):
    name: ClassVar[str] = "sandbox"

    def __init__(self, alias: str) -> None:
        self._alias = alias

    def submit(self, batch: Sequence[Submission]) -> list[SubmitAnswer]:
        now = clock.now()
        taken = [(one.reference, _new_reference(now), outcome_of(one.number)) for one in batch]
        rows = [_ledger_row(reference, ref, outcome, now) for reference, ref, outcome in taken]
        with connections[self._alias].cursor() as cursor:
            bulk.insert_unnest(cursor, "messaging_sandboxsubmission", _COLUMNS, rows)
        time.sleep(max((outcome.answer_seconds for _, _, outcome in taken), default=0))
        return [_answer(reference, ref, outcome) for reference, ref, outcome in taken if outcome.answered]

    def query(self, references: Sequence[UUID]) -> list[Standing]:
        with connections[self._alias].cursor() as cursor:
            cursor.execute(_STANDINGS, [list(references)])
            known = {row[0]: row for row in cursor.fetchall()}
        return [_standing(reference, known.get(reference)) for reference in references]

    def receipts(self, limit: int) -> list[Receipt]:
        now = clock.now()
        with connections[self._alias].cursor() as cursor:
            cursor.execute(_RECEIPTS, [now, now - GIVEN_UP_AFTER, limit, now + AGAIN])
            rows = cursor.fetchall()
        return [Receipt(ref, State(state), now, error, handle) for handle, ref, state, error in rows]

    def acknowledge(self, receipts: Sequence[Receipt]) -> None:
        with connections[self._alias].cursor() as cursor:
            cursor.execute(
                "UPDATE messaging_sandboxsubmission SET receipts_left = receipts_left - 1 "
                "WHERE id = ANY(%s) AND receipts_left > 0",
                [[receipt.handle for receipt in receipts]],
            )

    def submitted_on(self, carrier_ref: str) -> date | None:
        try:
            return datetime.strptime(carrier_ref[2:10], "%Y%m%d").replace(tzinfo=UTC).date()
        except ValueError:
            return None


def _new_reference(now: datetime) -> str:
    """Random, with its day in front: a counter would tell how much others send."""
    return f"sb{now:%Y%m%d}-{secrets.token_hex(8)}"


def _ledger_row(reference: UUID, carrier_ref: str, outcome: Outcome, now: datetime) -> tuple[object, ...]:
    due = now + outcome.after if outcome.receipts else None
    return (
        reference, carrier_ref, outcome.name, now, due, outcome.receipts, outcome.state, outcome.error_code,
    )  # fmt: skip


def _answer(reference: UUID, carrier_ref: str, outcome: Outcome) -> SubmitAnswer:
    if outcome.state is State.REJECTED:
        return SubmitAnswer(reference, carrier_ref, State.REJECTED, outcome.error_code)
    return SubmitAnswer(reference, carrier_ref, State.SENT)


def _standing(reference: UUID, row: tuple[UUID, str, str] | None) -> Standing:
    if row is None:
        return Standing(reference, "", None)
    if row[2] == "rejected":
        return Standing(reference, row[1], State.REJECTED, 5)
    return Standing(reference, row[1], State.SENT)
