"""A message through its whole life: readable, then its content gone by page, API and SQL with its number still
searchable, then gone altogether; while a planted key makes `retention verify` fail by name.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connections

from messaging.accept import keyring, rows, rules
from messaging.messages.models import Message
from messaging.pages.opening import Numbers, content_of
from paasoo_portal.core import clock, partitions
from paasoo_portal.core.tenancy import scope, system_scope
from privacy import keys
from privacy.retention import nightly
from tests.privacy.conftest import MakeKey, Registered, as_owner

NUMBER, TEXT = "447700900123", "Your code is 4711 £"


def write(alias: str, account_id: UUID, age: int, *, days: tuple[int, int] = (30, 90)) -> UUID:
    """A message of some days ago, sealed by the product's own code with that day's clock; text and number for `days`."""
    account = rules.AccountRules(account_id, True, "PaaSoo", 30, 90, 50)
    [draft] = rules.prepare(account, {("GB", ""): Decimal("0.05")}, sender="PaaSoo", to=NUMBER, text=TEXT)
    with clock.travel(by=-timedelta(days=age)), system_scope("test", using=(alias,)):
        at = clock.now()
        partitions.ensure(alias, at.date(), at.date())
        keeping = rules.keeping(at.date(), *days)
        content_key, number_key = keyring.fetch(alias, account_id, keeping)
        row = rows.build(
            draft,
            account_id=account_id,
            api_key_id=None,
            keeping=keeping,
            content_key=content_key,
            number_key=number_key,
            at=at,
        )
        Message.objects.using(alias).create(**{name: getattr(row, name) for name in rows.Row._fields[1:]})
    return row.id


def found_by_number(alias: str, account_id: UUID, first_day: date) -> list[UUID]:
    lo, hi, probes = keys.number_probes(alias, account_id, NUMBER.encode(), first_day, clock.today())
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT f.id FROM unnest(%s::uuid[], %s::uuid[], %s::bytea[]) AS p(lo, hi, probe) CROSS JOIN LATERAL "
            "(SELECT id FROM messaging_message WHERE account_id = %s AND number_token = p.probe "
            "AND id >= p.lo AND id < p.hi) f",
            [lo, hi, probes, account_id],
        )
        return [row[0] for row in cursor.fetchall()]


def look(alias: str, account_id: UUID, message_id: UUID) -> tuple[str, str, bool]:
    """What the pages would show of a message: text ("" when gone), number ("" when gone), found by number."""
    keys.forget()
    with scope(account_id, using=("default", alias)):
        message = Message.objects.using(alias).get(pk=message_id)
        content = content_of(alias, account_id, message, withheld=False)
        number = Numbers(alias, account_id, masked=False).of(message)
        assert not content.broken
        assert not number.broken
        assert bool(content.text) != (content.gone is not None)
        found = message_id in found_by_number(alias, account_id, clock.today() - timedelta(days=100))
        return content.text, number.text, found


def test_content_goes_first_and_its_number_is_still_searchable(
    region: str, account: UUID, registered: Registered
) -> None:
    young, old = write(region, account, age=29), write(region, account, age=31)
    nightly.run(region, clock.today())
    assert look(region, account, young) == (TEXT, f"+{NUMBER}", True)
    assert look(region, account, old) == ("", f"+{NUMBER}", True)
    with clock.travel(by=timedelta(days=60)):
        nightly.run(region, clock.today())
        assert look(region, account, old) == ("", "", False)
        assert look(region, account, young) == ("", f"+{NUMBER}", True)


def test_sql_shows_neither_text_nor_number_at_any_time(
    region: str, account: UUID, registered: Registered
) -> None:
    write(region, account, age=1)
    with as_owner(region) as connection:
        shown = str(
            connection.execute(
                "SELECT row_to_json(m)::text FROM messaging_message m WHERE account_id = %s", [account]
            ).fetchone()
        )
    for secret in (TEXT, "4711", NUMBER, NUMBER[2:]):
        assert secret not in shown
        assert secret.encode().hex() not in shown


def test_verify_says_ok_and_names_a_key_planted_past_its_day(
    region: str, account: UUID, make_key: MakeKey, registered: Registered
) -> None:
    write(region, account, age=31)
    nightly.run(region, clock.today())
    assert _verify(region)["ok"] is True
    planted = make_key(account, age=35)
    answer = _verify(region)
    assert answer["ok"] is False
    assert [culprit["key"] for culprit in answer["culprits"]] == [str(planted.id)]


def _verify(alias: str) -> dict[str, Any]:
    out = StringIO()
    try:
        call_command("retention", "verify", "--json", "--database", alias, stdout=out)
    except SystemExit as stopped:
        assert stopped.code == 1
    return json.loads(out.getvalue())  # type: ignore[no-any-return]


def test_another_account_opens_nothing_of_it(region: str, account: UUID, registered: Registered) -> None:
    message_id, mallory = write(region, account, age=1), UUID(int=7)
    with system_scope("test", using=(region,)):
        message = Message.objects.using(region).get(pk=message_id)
    with scope(mallory, using=(region,)), pytest.raises(keys.UnknownKey):
        keys.open_sealed(
            region,
            mallory,
            message.content_key_id,
            bytes(message.content_sealed or b""),
            table="messaging_message",
            column="content_sealed",
            row=message_id,
        )
