"""What becomes of a message in the sandbox: chosen by its number, all of them reserved for fiction (Ofcom).

The same table is told to customers in docs/test-numbers.md, which a test compares.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from messaging.messages.states import State


@dataclass(frozen=True)
class Outcome:
    """How the sandbox answers, and which receipts it sends and when."""

    name: str
    state: State | None = State.DELIVERED
    error_code: int | None = None
    after: timedelta = timedelta(seconds=0.5)
    receipts: int = 1
    answered: bool = True
    # Seconds that the answer takes, while its receipt is on its way already.
    answer_seconds: float = 0


DELIVERED: Final = Outcome("delivered")
BY_NUMBER: Final[dict[str, Outcome]] = {
    "447700900100": DELIVERED,
    "447700900101": Outcome("delayed", after=timedelta(seconds=10)),
    "447700900110": Outcome("failed_1", State.FAILED, 1),
    "447700900111": Outcome("failed_2", State.UNDELIVERED, 2),
    "447700900112": Outcome("failed_3", State.UNDELIVERED, 3),
    "447700900113": Outcome("failed_4", State.FAILED, 4),
    "447700900115": Outcome("rejected", State.REJECTED, 5, receipts=0),
    "447700900119": Outcome("failed_99", State.FAILED, 99),
    "447700900120": Outcome("silent", None, receipts=0),
    "447700900130": Outcome("duplicate", receipts=2),
    "447700900140": Outcome("early", after=timedelta(0), answer_seconds=0.3),
    "447700900150": Outcome("lost", answered=False),
}


def outcome_of(number: str) -> Outcome:
    """Every other number: delivered."""
    return BY_NUMBER.get(number, DELIVERED)
