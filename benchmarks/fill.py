"""Millions of messages of past days, as the product stores them: real keys for each day, ciphertexts of real size.

The bulk is written by PostgreSQL itself (random bytes as long as a sealed text of 160 characters and a sealed number);
a few messages of each day are sealed by the product's own code, so that a benchmark can see them open, and refuse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import psycopg

Connection = psycopg.Connection[Any]
NUMBER: Final = "447700900123"
SAMPLES: Final = 4
CONTENT_DAYS, NUMBER_DAYS = 90, 90

_BULK: Final = """
INSERT INTO messaging_message (account_id, id, direction, state, sender, channel, country, network, encoding, segments,
  price, client_ref, content_key_id, number_key_id, content_sealed, number_sealed, number_token, carrier, carrier_ref,
  attempts, due_at, leased_by, sent_at, final_at, content_due_on, number_due_on)
SELECT %(account)s, (lpad(to_hex(%(start)s + i::bigint * 86399000 / %(count)s), 12, '0') || '7' || lpad(to_hex(i & 4095), 3, '0')
    || '8' || lpad(to_hex((i >> 12) & 4095), 3, '0') || %(tail)s)::uuid,
  0, 4, 'Load', 'sms', 'GB', '', 0, 1, 0.035, '', %(content)s, %(number)s,
  substr(a || b || c, 1, 189), substr(b || c, 1, 41), substr(c, 1, 16), 'sandbox', '', 1,
  to_timestamp(%(start)s / 1000.0), '', to_timestamp(%(start)s / 1000.0), to_timestamp(%(start)s / 1000.0),
  %(content_due)s, %(number_due)s
FROM generate_series(1, %(count)s) AS i, LATERAL (SELECT sha512(int8send(i::bigint * 3 + %(start)s)) AS a,
  sha512(int8send(i::bigint * 3 + 1 + %(start)s)) AS b, sha512(int8send(i::bigint * 3 + 2 + %(start)s)) AS c) AS random
"""
# Accepted, queued, sent, delivered: what a message's way leaves behind.
_STEPS: Final = """
INSERT INTO messaging_messageevent (account_id, id, message_id, state, actor, at, note)
SELECT account_id, gen_random_uuid(), id, step, 1, coalesce(sent_at, now()), ''
FROM messaging_message, unnest(ARRAY[0, 2, 3, 4]) AS step WHERE account_id = %s
"""
_COUNTED: Final = """
INSERT INTO messaging_daycount (account_id, day, direction, state, messages, segments, amount)
SELECT account_id, to_timestamp(('x' || substr(replace(id::text, '-', ''), 1, 12))::bit(48)::bigint / 1000.0)::date,
  direction, state, count(*), sum(segments), sum(segments * price)
FROM messaging_message WHERE account_id = %s GROUP BY 1, 2, 3, 4
"""


@dataclass(frozen=True)
class Filled:
    """An account's messages, and the ids of those that are truly sealed."""

    account_id: UUID
    days: list[date]
    messages: int
    samples: list[UUID]


def fill(connection: Connection, alias: str, account_id: UUID, days: Sequence[date], messages: int) -> Filled:
    """Write that many messages over these days. Needs Django, as the worker, and a superuser's connection."""
    from paasoo_portal.core import partitions
    from paasoo_portal.core.tenancy import system_scope

    samples: list[UUID] = []
    with system_scope("benchmark", using=(alias,)):
        partitions.ensure(alias, min(days), max(days))
    for day in days:
        content, number, made = _keys(alias, account_id, day)
        samples += made
        connection.execute(
            _BULK,
            {
                "account": account_id,
                "start": int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000),
                "count": messages // len(days),
                "tail": account_id.hex[-12:],
                "content": content,
                "number": number,
                "content_due": day + timedelta(days=CONTENT_DAYS),
                "number_due": day + timedelta(days=NUMBER_DAYS),
            },
        )
    connection.execute(_COUNTED, [account_id])
    # As autovacuum would have, days ago: without it the first reader writes each page's hint bits, to the WAL too.
    connection.execute("VACUUM ANALYZE messaging_message")
    return Filled(account_id, list(days), messages, samples)


def write_steps(connection: Connection, account_id: UUID) -> None:
    """Four steps for each message of the account."""
    connection.execute(_STEPS, [account_id])
    connection.execute("VACUUM ANALYZE messaging_messageevent")


def _keys(alias: str, account_id: UUID, day: date) -> tuple[UUID, UUID, list[UUID]]:
    """The day's two keys, and a few messages sealed under them, with that day's clock."""
    from messaging.accept import keyring, rows, rules
    from messaging.messages.models import Message
    from paasoo_portal.core import clock
    from paasoo_portal.core.tenancy import system_scope

    account = rules.AccountRules(account_id, True, "Load", CONTENT_DAYS, NUMBER_DAYS, 50)
    prices = {("GB", ""): Decimal("0.035")}
    made = []
    with clock.travel(by=day - clock.today()), system_scope("benchmark", using=(alias,)):
        keeping = rules.keeping(day, CONTENT_DAYS, NUMBER_DAYS)
        content, number = keyring.fetch(alias, account_id, keeping)
        for _ in range(SAMPLES):
            [draft] = rules.prepare(account, prices, sender="Load", to=NUMBER, text="Your parcel is here")
            row = rows.build(
                draft, account_id=account_id, api_key_id=None, keeping=keeping, content_key=content, number_key=number,
                at=clock.now(),
            )  # fmt: skip
            Message.objects.using(alias).create(
                **{name: getattr(row, name) for name in rows.Row._fields[1:]} | {"state": 4}
            )
            made.append(row.id)
    return content.id, number.id, made


def opened(alias: str, account_id: UUID, samples: Sequence[UUID]) -> int:
    """How many of the samples' texts can be read now, by the product's own reader."""
    from messaging.messages.models import Message
    from messaging.pages.opening import content_of
    from paasoo_portal.core.tenancy import scope
    from privacy import keys

    keys.forget()
    with scope(account_id, using=("default", alias)):
        found = Message.objects.using(alias).filter(
            pk__in=samples, pk__gte=min(samples), pk__lte=max(samples)
        )
        return sum(bool(content_of(alias, account_id, one, withheld=False).text) for one in found)
