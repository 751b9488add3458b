"""What every carrier offers: take a batch, say what became of a message, tell receipts until they are taken.

A carrier is told nothing that it needs not know: no account, no price (P-SUB-2).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from messaging.messages.states import State


@dataclass(frozen=True)
class Submission:
    """A message as the carrier gets it. `number`: E.164 digits without `+`; never part of a log or a repr."""

    reference: UUID
    sender: str
    number: str
    text: str

    def __repr__(self) -> str:
        return f"Submission({self.reference})"


@dataclass(frozen=True)
class SubmitAnswer:
    """What the carrier said of one message: SENT, or a final state with its error code."""

    reference: UUID
    carrier_ref: str
    state: State
    error_code: int | None = None


@dataclass(frozen=True)
class Standing:
    """What the carrier says when asked for a message; `state` None: it never took it."""

    reference: UUID
    carrier_ref: str
    state: State | None
    error_code: int | None = None


@dataclass(frozen=True)
class Receipt:
    """A delivery receipt. `handle` is the carrier's own, to take the receipt back to it."""

    carrier_ref: str
    state: State
    at: datetime
    error_code: int | None = None
    handle: int = 0


class CarrierError(Exception):
    """The carrier took none of the batch, for certain. With `permanent` trying again is of no use.

    Any other exception leaves open what it took: then the messages are unknown until it is asked.
    """

    def __init__(self, user: str, log: str, *, permanent: bool = False) -> None:
        super().__init__(log)
        self.user = user
        self.log = log
        self.permanent = permanent


class Carrier(ABC):
    """One region's line to a carrier. It opens transactions of its own only, and is never called inside one."""

    name: ClassVar[str]

    @abstractmethod
    def submit(self, batch: Sequence[Submission]) -> list[SubmitAnswer]:
        """Hand a batch over, within SUBMIT_SECONDS. A message without an answer is one whose answer was lost."""

    @abstractmethod
    def query(self, references: Sequence[UUID]) -> list[Standing]:
        """What became of each; a reference left out is one that the carrier cannot speak of now."""

    @abstractmethod
    def receipts(self, limit: int) -> list[Receipt]:
        """Receipts that wait, at most `limit`. Each comes again, a little later, until it is acknowledged."""

    @abstractmethod
    def acknowledge(self, receipts: Sequence[Receipt]) -> None:
        """These are recorded: do not tell them again."""

    @abstractmethod
    def submitted_on(self, carrier_ref: str) -> date | None:
        """The UTC day that a reference encodes, so that its message is looked for in few partitions."""


# Well below the lease, so that a batch whose lease has run out is not still being handed over.
SUBMIT_SECONDS = 20
