"""Sixty days, one after the other: the night's work at their beginning, then their messages.

Settling, enforcement, certificates and sweep are the product's own; what is past its retention when the demo
ends is erased, with the certificate of the night in which it went. Keeps P-RET-2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.db import connection, connections

from accounts.billing.services import top_up_balance
from accounts.models import Person
from messaging.allowance import services as allowance
from messaging.demo import cast, prices, traffic
from messaging.demo.cast import Made, Secrets
from messaging.demo.write import Writer, writer
from messaging.pricing.selectors import prices_in_force
from messaging.pricing.services import publish_prices
from messaging.projections.services import push_prices
from paasoo_portal.core import clock, heartbeat, partitions, regions
from privacy.keys import DataClass
from privacy.retention import instructions, nightly

DAYS: Final = 60
SCHEDULED_AHEAD: Final = timedelta(days=30)
_MARK: Final = "demo"
_TOP_UP: Final = Decimal(250)
_LOW: Final = Decimal(60)
_NIGHT: Final = timedelta(minutes=12)
NUMBERS: Final = {
    "delivered": "447700900100",
    "delayed": "447700900101",
    "failed": "447700900110",
    "rejected": "447700900115",
    "silent": "447700900120",
    "duplicate": "447700900130",
}

Progress = Callable[[str], None]


def run(say: Progress) -> dict[str, Any]:
    """Make the demo, or finish or find it; what `demo --json` prints. Needs the worker's role."""
    with _alone():
        held = Secrets(settings.PATHS.demo_json)
        first = clock.today() - timedelta(days=DAYS)
        with clock.travel(to=clock.midnight(first) - timedelta(hours=15)):
            _publish_prices(clock.today())
            cast.staff(held)
            made = [cast.make(company, held) for company in cast.COMPANIES]
            _instruct(made)
        push_prices()
        for one in made:
            cast.invite(one)
        content = cast.describe(made, held, settings.PORTAL_URL, NUMBERS)
        held.write(content, complete=False)
        if heartbeat.last(_MARK) is None:
            _live(made, first, say)
            heartbeat.beat(_MARK)
        held.write(content, complete=True)
        return content


def _publish_prices(day: date) -> None:
    """The demo's prices, wherever staff have set none."""
    held = prices_in_force(day)
    missing = {place: amount for place, amount in prices.price_list().items() if place not in held}
    if missing:
        publish_prices(missing, effective_on=day)


def _live(made: list[Made], first: date, say: Progress) -> None:
    """Write every day up to now."""
    aliases = sorted({regions.alias(stream.region) for one in made for stream in one.company.streams})
    _hurry(["default", *aliases])
    for alias in aliases:
        partitions.ensure(alias, first, clock.today() + timedelta(days=partitions.DAYS_AHEAD))
    now, total = clock.now(), 0
    for offset in range(DAYS + 1):
        day = first + timedelta(days=offset)
        with clock.travel(to=min(clock.midnight(day) + _NIGHT, now)):
            for alias in aliases:
                nightly.run(alias, day)
            for one in made:
                total += _live_day(one, day, now)
        if offset % 10 == 9:
            say(f"{offset + 1} days, {total} messages")
    _present(made[0], now)
    say(f"{total} messages of {DAYS} days are written")


def _hurry(aliases: list[str]) -> None:
    """Commit without waiting for the disk: thousands of nights' steps in a minute, and a demo can be made again."""
    for alias in aliases:
        with connections[alias].cursor() as cursor:
            cursor.execute("SET synchronous_commit TO off")


def _live_day(one: Made, day: date, now: datetime) -> int:
    _pay(one, day)
    written = 0
    for stream in one.company.streams:
        wrote = _writer(one, stream)
        if not wrote.has(day):
            written += wrote.write(day, traffic.day_of(stream, day, now))
    return written


def _present(one: Made, now: datetime) -> None:
    """What is under way at this moment, and one message for a day to come."""
    stream = one.company.streams[-1]
    wrote = _writer(one, stream)
    wrote.write(now.date(), traffic.under_way(stream, now))
    due_on = (now + SCHEDULED_AHEAD).date()
    wrote.write(now.date(), [traffic.scheduled(stream, now, SCHEDULED_AHEAD)], kept_from=due_on)


def _writer(one: Made, stream: traffic.Stream) -> Writer:
    return writer(one.account_id, stream.region, regions.alias(stream.region), one.key_ids[stream.region])


def _pay(one: Made, day: date) -> None:
    """Companies pay before they run short."""
    if allowance.available(one.account_id) < _LOW:
        boss = Person.objects.get(email__iexact=one.company.administrator.email)
        top_up_balance(
            account_id=one.account_id, amount=_TOP_UP, reference=f"demo-{day.isoformat()}", actor_id=boss.pk
        )


def _instruct(made: list[Made]) -> None:
    for one in made:
        if one.company.days is None or instructions.history(one.account_id):
            continue
        boss = Person.objects.get(email__iexact=one.company.administrator.email)
        for data_class, days in zip((DataClass.CONTENT, DataClass.NUMBER), one.company.days, strict=True):
            instructions.instruct(
                account_id=one.account_id, data_class=data_class, days=days, person_id=boss.pk
            )


@contextmanager
def _alone() -> Iterator[None]:
    """Two demos at once would make everybody twice."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended('demo', 19))")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended('demo', 19))")
