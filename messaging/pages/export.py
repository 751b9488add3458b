"""The message log as CSV (RFC 4180): exactly the rows of the filter, read batch by batch, never held together.

Every batch has a scope and a short transaction of its own, so a long export holds no snapshot open and what is
erased meanwhile is erased in it too. Keeps P-SEC-5 (what the reader may not see is masked or withheld), P-RET-2.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

from accounts.permissions import Permission
from accounts.seats import Seat
from messaging.messages.models import Message
from messaging.messages.states import Direction, State
from messaging.pages import log
from messaging.pages.filters import LogFilter
from messaging.pages.opening import Content, Number, Numbers, content_by
from paasoo_portal.core import clock, regions
from paasoo_portal.core.ids import time_of
from paasoo_portal.core.tenancy import scope
from privacy.keys import DataClass
from privacy.retention.instructions import in_force

BATCH: Final = 500
COLUMNS: Final = (
    "id", "time_utc", "direction", "state", "number", "number_state", "sender", "country", "segments",
    "price_eur", "error_code", "api_key_id", "reference", "content", "content_state",
)  # fmt: skip

# What spreadsheets take for the beginning of a formula (OWASP, CSV injection), the full-width forms included.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# A plus with nothing but digits (or a mask) is a number to dial: as a formula it is only itself.
_NUMBER: Final = re.compile(r"\+[0-9•]{5,20}\Z")


@dataclass
class Export:
    """What a reader asked for, and how much of it has gone out."""

    seat: Seat
    asked: LogFilter
    rows: int = field(default=0, init=False)
    complete: bool = field(default=False, init=False)

    def lines(self) -> Iterator[str]:
        """The file, a batch at a time, each in its own scope: nothing is yielded inside of one."""
        yield _csv([COLUMNS])
        before: UUID | None = None
        while True:
            found, last = self._batch(before)
            if last is None:
                break
            self.rows += len(found)
            yield _csv(found)
            if len(found) < BATCH:
                break
            before = last
        self.complete = True

    def _batch(self, before: UUID | None) -> tuple[list[list[str]], UUID | None]:
        account_id, alias = self.seat.account.pk, regions.alias(self.asked.region)
        with scope(account_id, using=[alias]):
            days = in_force(account_id, DataClass.CONTENT, clock.now())
            found = log.batch(account_id, self.asked, before, BATCH)
            numbers = Numbers(alias, account_id, masked=not self.seat.may(Permission.SEE_NUMBERS))
            numbers.prefetch(found)
            numbers.opener.prefetch({message.content_key_id for message in found})
            rows = [self._row(message, numbers, days) for message in found]
        return rows, found[-1].pk if found else None

    def _row(self, message: Message, numbers: Numbers, content_days: int) -> list[str]:
        number = numbers.of(message)
        content, content_state = self._content(message, numbers, content_days)
        return [
            str(message.pk),
            f"{time_of(message.pk):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
            "inbound" if message.direction == Direction.INBOUND else "outbound",
            State(message.state).name.lower(),
            number.text,
            _state_of_number(number),
            message.sender,
            message.country,
            str(message.segments),
            f"{message.price * message.segments:f}" if self.seat.may(Permission.SEE_SPEND) else "",
            "" if message.error_code is None else str(message.error_code),
            str(message.api_key_id or ""),
            message.client_ref,
            content,
            content_state,
        ]

    def _content(self, message: Message, numbers: Numbers, content_days: int) -> tuple[str, str]:
        due_on = min(
            message.content_due_on, time_of(message.pk).date() + timedelta(days=max(content_days, 1))
        )
        if due_on <= clock.today():
            return "", "erased"
        withheld = not self.seat.may(Permission.SEE_CONTENT)
        content = content_by(numbers.opener, message, withheld=withheld)
        return content.text, _state_of_content(content)


def _state_of_number(number: Number) -> str:
    if number.gone:
        return "erased"
    if number.broken:
        return "unreadable"
    return "masked" if number.masked else "kept"


def _state_of_content(content: Content) -> str:
    if content.gone:
        return "erased"
    if content.unkept:
        return "not_kept"
    if content.broken:
        return "unreadable"
    return "withheld" if content.withheld else "kept"


def safe(cell: str) -> str:
    """The cell as no spreadsheet takes it for a formula; a number to dial stays as it is."""
    return f"'{cell}" if cell.startswith(_FORMULA) and not _NUMBER.match(cell) else cell


def _csv(rows: Sequence[Sequence[str]]) -> str:
    """RFC 4180, every cell quoted: a separator in a text cannot begin a cell of its own."""
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows([safe(cell) for cell in row] for row in rows)
    return buffer.getvalue()
