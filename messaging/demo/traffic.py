"""What happens on a day of the demo: pure and repeatable, from the day alone. No database, no clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Final

from messaging.demo import phones, texts
from messaging.messages.states import State
from paasoo_portal.core.clock import midnight

# Country: weight, languages, hours from UTC.
Market = dict[str, tuple[int, tuple[str, ...], int]]
ASIA: Final[Market] = {
    "SG": (16, ("en", "en", "zh"), 8),
    "CN": (20, ("zh",), 8),
    "JP": (16, ("ja",), 9),
    "IN": (14, ("hi", "en"), 5),
    "AU": (10, ("en",), 10),
    "US": (14, ("en", "en", "en", "es"), -5),
    "CA": (4, ("en", "fr"), -5),
    "AE": (6, ("ar", "en"), 4),
}
EUROPE: Final[Market] = {
    "GB": (24, ("en",), 0),
    "IE": (10, ("en",), 0),
    "DE": (22, ("de",), 1),
    "FR": (16, ("fr",), 1),
    "ES": (12, ("es",), 1),
    "SE": (6, ("sv",), 1),
    "BR": (10, ("pt",), -3),
}
IRELAND: Final[Market] = {"IE": (90, ("en",), 0), "GB": (8, ("en",), 0), "FR": (2, ("fr",), 1)}

# By local hour: the night is quiet, the morning and the early evening are not.
_HOURS: Final = (1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 18, 16, 14, 13, 13, 13, 14, 16, 17, 14, 10, 7, 4, 2)
_WEEKDAYS: Final = (1.15, 1.12, 1.1, 1.12, 1.2, 0.75, 0.5)

# Of a thousand that were handed over: final state, error code.
_FAILURES: Final = (
    (24, State.UNDELIVERED, 2),
    (10, State.UNDELIVERED, 3),
    (4, State.UNDELIVERED, 4),
    (6, State.FAILED, 1),
    (4, State.FAILED, 99),
    (7, State.REJECTED, 5),
    (8, State.EXPIRED, None),
    (2, State.UNKNOWN, None),
    (2, State.CANCELED, None),
)


@dataclass(frozen=True)
class Stream:
    """One company's traffic through one region."""

    region: str
    market: Market
    texts: dict[str, tuple[str, ...]]
    senders: tuple[str, ...]
    # The company's own number, to which people answer.
    inbound_number: str
    per_day: int


@dataclass(frozen=True)
class Planned:
    """A message that is about to have happened; an instant is None for what has not come."""

    at: datetime
    number: str
    text: str
    sender: str
    state: int
    error_code: int | None = None
    sent_at: datetime | None = None
    final_at: datetime | None = None
    client_ref: str = ""
    due_at: datetime | None = None
    leased_until: datetime | None = None


def day_of(stream: Stream, day: date, until: datetime) -> list[Planned]:
    """A day's messages in order of time, as they stand at `until`."""
    rng = Random(f"{stream.region}/{stream.senders[0]}/{day.isoformat()}")
    wanted = int(stream.per_day * _WEEKDAYS[day.weekday()] * rng.uniform(0.9, 1.1))
    planned = [message for message in _messages(stream, day, wanted, rng) if message.at <= until]
    return sorted((_as_of(message, until) for message in planned), key=lambda message: message.at)


def _messages(stream: Stream, day: date, wanted: int, rng: Random) -> Iterator[Planned]:
    countries = list(stream.market)
    weights = [stream.market[country][0] for country in countries]
    for country in rng.choices(countries, weights, k=wanted):
        _weight, languages, offset = stream.market[country]
        at = _moment(day, offset, rng)
        number, language = phones.number(country, rng), rng.choice(languages)
        if rng.random() < 0.03:
            text = texts.inbound(language, rng)
            yield Planned(at, number, text, stream.inbound_number, State.RECEIVED, None, None, at)
        else:
            yield _sent(
                at, number, texts.outbound(stream.texts, language, rng), rng.choice(stream.senders), rng
            )


def _moment(day: date, offset: int, rng: Random) -> datetime:
    local = rng.choices(range(24), _HOURS)[0]
    return midnight(day) + timedelta(hours=(local - offset) % 24, seconds=rng.uniform(0, 3600))


def _sent(at: datetime, number: str, text: str, sender: str, rng: Random) -> Planned:
    sent_at = at + timedelta(seconds=rng.uniform(0.05, 1.5))
    reference = f"order-{rng.randrange(10**8):08}" if rng.random() < 0.3 else ""
    state, error = _fate(rng)
    if state == State.CANCELED:
        return Planned(at, number, text, sender, state, None, None, at + timedelta(minutes=9), reference)
    if state == State.UNKNOWN:
        return Planned(at, number, text, sender, state, None, sent_at, None, reference)
    if state == State.REJECTED:
        return Planned(at, number, text, sender, state, error, None, sent_at, reference)
    wait = timedelta(days=1) if state == State.EXPIRED else timedelta(seconds=2 + rng.expovariate(1 / 9))
    return Planned(at, number, text, sender, state, error, sent_at, sent_at + wait, reference)


def _fate(rng: Random) -> tuple[int, int | None]:
    draw = rng.randrange(1000)
    for share, state, error in _FAILURES:
        draw -= share
        if draw < 0:
            return state, error
    return State.DELIVERED, None


def _as_of(message: Planned, until: datetime) -> Planned:
    """The message as it stands at an instant: not final by then, it waits for its receipt."""
    if message.final_at is None or message.final_at <= until:
        return message
    sent_at = message.sent_at or message.at
    return replace(message, state=State.SENT, error_code=None, sent_at=sent_at, final_at=None)


def under_way(stream: Stream, now: datetime) -> list[Planned]:
    """What has just been accepted: the dispatcher takes it from there. One is with its carrier already."""
    rng = Random("under way")
    found = []
    for seconds, state in ((1, State.ACCEPTED), (2, State.QUEUED), (3, State.SENDING), (40, State.SENT)):
        text, at = texts.outbound(stream.texts, "en", rng), now - timedelta(seconds=seconds)
        message = Planned(at, phones.number("GB", rng), text, stream.senders[0], state)
        lease = now + timedelta(seconds=30) if state == State.SENDING else None
        sent_at = at + timedelta(seconds=1) if state == State.SENT else None
        found.append(replace(message, leased_until=lease, sent_at=sent_at))
    return found


def scheduled(stream: Stream, now: datetime, ahead: timedelta) -> Planned:
    """A message that is to be sent in time to come."""
    rng = Random("scheduled")
    text = texts.outbound(stream.texts, "en", rng)
    number, sender = phones.number("GB", rng), stream.senders[0]
    return Planned(now - timedelta(minutes=5), number, text, sender, State.SCHEDULED, due_at=now + ahead)
