"""The world of a drill: two companies, their people and messages, planted and erased by the product's own services.

Registered under the hook `drill.world`. Everybody is made up: example.com, and numbers reserved for fiction.
"""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connections

from accounts.api_keys.services import NewKey, create_api_key
from accounts.billing.services import top_up_balance
from accounts.closure import services as closure
from accounts.erasure.services import erase_person
from accounts.models import Account, Person, Role
from accounts.teams.services import add_member, open_account
from messaging.accept import rules
from messaging.demo.traffic import Planned
from messaging.demo.write import Writer
from messaging.erasure import end_users
from messaging.erasure.services import erase_messages
from messaging.messages.models import Message as PlantedMessage
from messaging.messages.states import State
from paasoo_portal.core import clock, partitions
from paasoo_portal.core.ids import uuid7_floor
from paasoo_portal.core.tenancy import scope
from paasoo_portal.drill import use as using
from privacy.certificates.models import Certificate
from privacy.clocks import register as clocks
from privacy.clocks.models import ClockKind
from privacy.drill.world import Message, Traces

# Longer ago than the published defaults of content (30) and numbers (90).
_DUE_DAYS: Final = 100
_BATCH: Final = 20_000
_RANDOM: Final = 8
_STAYS: Final = "4477009001{:02}"
_ASKS: Final = "447700900199"
_USED: Final = "447700900197"
_PRICE: Final = Decimal("0.001")


class PortalWorld:
    """One drill's world; `mark` makes its words findable and nobody else's."""

    def __init__(self, aliases: list[str]) -> None:
        self.aliases = aliases
        self.mark = secrets.token_hex(4)
        self._traces = Traces(marked=len(self._text()) - _RANDOM * 2)
        self._companies: list[Account] = []
        self._goes: Person | None = None
        self._keys: dict[UUID, NewKey] = {}
        self._open = ExitStack()
        self._written = 0

    def plant(self, messages: int) -> None:
        boss, self._goes = self._person("Ottoline Drill"), self._person("Peregrine Drill")
        other = self._person("Quenby Drill")
        self._companies = [
            open_account(person=boss, name=f"Stays {self.mark}", region=self._region(self.aliases[0])),
            open_account(person=other, name=f"Closes {self.mark}", region=self._region(self.aliases[0])),
        ]
        stays, closes = self._companies
        add_member(account_id=stays.pk, person_id=self._goes.pk, role=Role.DEVELOPER, added_by_id=boss.pk)
        self._traces.words_gone += [self._goes.email, self._goes.name, other.email, other.name, closes.name]
        self._traces.words_living += [boss.email, boss.name, stays.name]
        for account, person in ((stays, boss), (closes, other)):
            made = create_api_key(account_id=account.pk, name="Drill", created_by_id=person.pk)
            self._keys[account.pk] = made
            amount = Decimal(max(messages, 1000)) * len(self.aliases) * _PRICE * 4
            top_up_balance(account_id=account.pk, amount=amount, reference=f"drill-{account.pk}")
        today = clock.today()
        for alias in self.aliases:
            due, yesterday = today - timedelta(days=_DUE_DAYS), today - timedelta(days=1)
            for day in (due, yesterday):
                partitions.ensure(alias, day, day)
            half = max(messages // 2, 3)
            self._add("dead", alias, self._write(stays.pk, alias, due, half))
            self._add("living", alias, self._write(stays.pk, alias, today, half))
            self._add("dead", alias, self._write(closes.pk, alias, today, 3))
            # Of a day that is over, so that the night seals it anew; nothing that lives shares its keys in the old copies.
            self._add("erased", alias, self._write(stays.pk, alias, yesterday, 1))
            self._add("erased", alias, self._write(stays.pk, alias, yesterday, 2, number=_ASKS))

    def plant_late(self) -> None:
        for alias in self.aliases:
            self._add("living", alias, self._write(self._companies[0].pk, alias, clock.today(), 1))
            self._add("dead", alias, self._write(self._companies[1].pk, alias, clock.today(), 1))

    def use(self) -> None:
        closes = self._companies[1]
        self._open.enter_context(using.logged(settings.PATHS.log_dir / f"drill-{self.mark}.log"))
        for alias in self.aliases:
            sent = using.use(
                account_id=closes.pk,
                key=self._keys[closes.pk],
                alias=alias,
                domain=next(region.domain for region in settings.REGIONS.values() if region.alias == alias),
                number=_USED,
                texts=[self._text(), self._text()],
            )
            self._add("dead", alias, sent)
        [boss] = Person.objects.filter(email=f"quenby.{self.mark}@example.com")
        path = using.copy(account_id=closes.pk, person_id=boss.pk)
        self._open.callback(path.unlink, missing_ok=True)

    def erase(self) -> None:
        stays, closes = self._companies
        today = clock.today()
        for alias in self.aliases:
            known = end_users.messages_of(alias, stays.pk, _ASKS, today - timedelta(days=1), today)
            one = [message.row for message in self._traces.erased[alias] if message.number != _ASKS]
            gone = erase_messages(alias, stays.pk, [*one, *known], actor_id=None, actor_kind="system")
            if set(gone) != {message.row for message in self._traces.erased[alias]}:
                raise RuntimeError("the drill's messages were not erased")
        assert self._goes is not None
        erase_person(self._goes.pk, by_id=None, by_kind="system")
        self._close(closes)

    def traces(self) -> Traces:
        return self._traces

    def keys(self, alias: str) -> list[UUID]:
        found: set[UUID] = set()
        for account in self._companies:
            with scope(account.pk, using=[alias]):
                rows = PlantedMessage.objects.using(alias).values_list("content_key_id", "number_key_id")
                found.update(key for row in rows.distinct() for key in row)
        return sorted(found)

    def left(self) -> dict[str, int]:
        accounts = [account.pk for account in self._companies]
        return {
            "closed accounts without a name": len(accounts),
            "their certificates": Certificate.objects.filter(account_id__in=accounts).count(),
        }

    def remove(self) -> None:
        self._open.close()
        for account in self._companies:
            self._close(account)
        if self._goes is not None:
            erase_person(self._goes.pk, by_id=None, by_kind="system")

    def _close(self, account: Account) -> None:
        person = Person.objects.filter(email__endswith=f".{self.mark}@example.com").first()
        if person is None or closure.AccountClosure.objects.filter(account_id=account.pk).exists():
            return
        with clock.travel(by=-clocks.days(ClockKind.CLOSING) - timedelta(days=1)):
            asked = closure.ask(account_id=account.pk, person=person, choice="delete")
        closure.close(asked.pk)

    def _person(self, name: str) -> Person:
        first = name.partition(" ")[0]
        return Person.objects.create_user(
            f"{first.lower()}.{self.mark}@example.com", None, name=f"{first} D{self.mark}"
        )

    def _text(self) -> str:
        return f"Drill {self.mark} {secrets.token_hex(_RANDOM)}"

    def _region(self, alias: str) -> str:
        return next(region.code for region in settings.REGIONS.values() if region.alias == alias)

    def _add(self, what: str, alias: str, written: list[Message]) -> None:
        getattr(self._traces, what).setdefault(alias, []).extend(written)

    def _write(
        self, account_id: UUID, alias: str, day: date, count: int, *, number: str = ""
    ) -> list[Message]:
        """So many delivered messages, through the statement that accepts and the records of their way."""
        writer = Writer(
            rules.AccountRules(account_id, True, "Drill", 30, 90, 1000),
            {("GB", ""): _PRICE},
            self._region(alias),
            alias,
            self._keys[account_id].key.pk,
        )
        self._written += 1
        made = {
            f"drill-{self._written}-{index}": Planned(
                at=clock.now(),
                number=number or _STAYS.format(index % 90),
                text=self._text(),
                sender="Drill",
                state=State.DELIVERED,
                client_ref=f"drill-{self._written}-{index}",
            )
            for index in range(count)
        }
        with clock.travel(by=timedelta(days=(day - clock.today()).days)):
            now = clock.now()
            planned = [replace(one, at=now, sent_at=now, final_at=now) for one in made.values()]
            for first in range(0, count, _BATCH):
                writer.write(day, planned[first : first + _BATCH])
        return [
            Message(row, made[reference].text, made[reference].number)
            for row, reference in self._rows(account_id, alias, day)
            if reference in made
        ]

    def _rows(self, account_id: UUID, alias: str, day: date) -> list[tuple[UUID, str]]:
        low, high = uuid7_floor(day), uuid7_floor(day + timedelta(days=1))
        with scope(account_id, using=[alias]), connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT id, client_ref FROM messaging_message WHERE account_id = %s AND id >= %s AND id < %s",
                [account_id, low, high],
            )
            return cursor.fetchall()


def world(*, aliases: list[str]) -> PortalWorld:
    """Hook `drill.world`."""
    return PortalWorld(aliases)
