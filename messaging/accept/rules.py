"""What may be sent, by whom and at what price: pure rules, without database or network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final
from uuid import UUID

from messaging import numbers
from messaging.accept.codes import Refused, SubmitCode
from messaging.encoding.segments import Segmentation, analyse

MAX_RECIPIENTS: Final = 100
# What the concatenation header can count to: no text is refused that could be sent.
MAX_SEGMENTS: Final = 255
_LONGEST_NAME, _LONGEST_NUMBER = 11, 15
Prices = Mapping[tuple[str, str], Decimal]


@dataclass(frozen=True, slots=True)
class AccountRules:
    """What accepting must know of an account."""

    account_id: UUID
    open: bool
    default_sender: str
    content_days: int
    number_days: int
    throttle_per_second: int
    # A suspended account is told that it may not spend; the keys of a closed one are none any more.
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that fulfils every rule and has its price; not yet sealed, not yet stored."""

    number: numbers.Number
    sender: str
    text: str
    segmentation: Segmentation
    price: Decimal

    @property
    def cost(self) -> Decimal:
        return self.price * self.segmentation.segments


@dataclass(frozen=True, slots=True)
class Keeping:
    """Until when a message of a day is kept: the due days of its keys, and those written into its row.

    With 0 days nothing is stored beyond delivery: the row says its own first day, while the key lives until the
    next midnight, for delivery needs it.
    """

    starts_on: date
    content_due_on: date
    number_due_on: date
    content_key_due_on: date
    number_key_due_on: date


@lru_cache(maxsize=1024)
def keeping(starts_on: date, content_days: int, number_days: int) -> Keeping:
    """Content never outlives its number: it could not be found any more."""
    content = min(content_days, number_days)
    return Keeping(
        starts_on,
        starts_on + timedelta(days=content),
        starts_on + timedelta(days=number_days),
        starts_on + timedelta(days=max(content, 1)),
        starts_on + timedelta(days=max(number_days, 1)),
    )


def sender_id(raw: str, default: str) -> str:
    """The sender to use: as given, or the account's own when left out. Raises Refused."""
    sender = raw.strip()
    if not sender:
        return default
    bare = sender.removeprefix("+")
    if bare.isascii() and bare.isdigit():
        if len(bare) <= _LONGEST_NUMBER:
            return bare
    elif sender.isascii() and len(sender) <= _LONGEST_NAME and sender.replace(" ", "").isalnum():
        return sender
    raise Refused(SubmitCode.INVALID_SENDER)


def recipients(raw: str) -> list[numbers.Number]:
    """One or, comma-separated, up to a hundred numbers; a repeated one counts once. Raises Refused."""
    if "," not in raw:
        return [_recipient(raw)]
    parts = [part for part in raw.split(",") if part.strip()]
    if not parts:
        raise Refused(SubmitCode.MISSING_PARAMS)
    if len(parts) > MAX_RECIPIENTS:
        raise Refused(SubmitCode.INVALID_NUMBER)
    return list({number.e164: number for number in map(_recipient, parts)}.values())


def _recipient(raw: str) -> numbers.Number:
    number = numbers.parse(raw)
    if number is None:
        raise Refused(SubmitCode.INVALID_NUMBER)
    return number


def prepare(account: AccountRules, prices: Prices, *, sender: str, to: str, text: str) -> list[Draft]:
    """The drafts of a request, all or none. Raises Refused with the code of the first rule broken."""
    if not text or not to.strip():
        raise Refused(SubmitCode.MISSING_PARAMS)
    if not account.open:
        raise Refused(SubmitCode.QUOTA_EXCEEDED)
    found = recipients(to)
    return drafts(account, prices, sender=sender_id(sender, account.default_sender), to=found, text=text)


def drafts(
    account: AccountRules, prices: Prices, *, sender: str, to: list[numbers.Number], text: str
) -> list[Draft]:
    """The drafts for numbers and a sender already judged. Raises Refused."""
    # PostgreSQL and the carriers know neither NUL nor lone surrogates.
    clean = text.replace("\x00", "").encode("utf-8", "replace").decode()
    segmentation = analyse(clean)
    if not clean or segmentation.segments > MAX_SEGMENTS:
        raise Refused(SubmitCode.MISSING_PARAMS)
    return [Draft(number, sender, clean, segmentation, _price(prices, number)) for number in to]


def _price(prices: Prices, number: numbers.Number) -> Decimal:
    """The network's own price before the country's."""
    price = prices.get((number.country, number.network)) if number.network else None
    if price is None:
        price = prices.get((number.country, ""))
    if price is None:
        # A country without a price is one we do not serve.
        raise Refused(SubmitCode.INVALID_NUMBER)
    return price
