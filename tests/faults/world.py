"""Who sends in the loop of crashes, what is asked, and what the client knows of the answers.

Each request has a number that stands in its sender ID, which is stored in clear: so every row can be held against the
request that made it, and every refused request against the rows that must not be there.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from accounts.api_keys.services import create_api_key
from accounts.billing.services import top_up_balance
from accounts.models import Person
from accounts.teams.services import change_account, open_account
from messaging.carriers.sandbox.outcomes import BY_NUMBER
from messaging.pricing.services import publish_prices
from messaging.projections.services import push_account
from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from privacy.keys import DataClass
from privacy.retention import instructions

# A pull fetches five: so five messages make one, and half of all deaths have money under way.
PRICE = Decimal("0.9")
HOSTS = {"sg": "api.paasoo.com", "ie": "api.paasoo.eu"}
ORDINARY = [f"4477009002{index:02d}" for index in range(40)]


@dataclass(frozen=True)
class Customer:
    """An account that sends. `pays`: what it pays each round."""

    account_id: UUID
    key: str
    secret: str
    days: tuple[int, int]
    pays: Decimal
    regions: tuple[str, ...]


@dataclass
class Request:
    """One request of a client, and what the client knows: `status` None means that no answer ever came."""

    n: int
    customer: Customer
    region: str
    to: list[str]
    text: str
    day: date
    status: str | None = None
    ids: list[str] = field(default_factory=list)

    @property
    def sender(self) -> str:
        return f"R{self.n}"

    def as_given(self) -> dict[str, Any]:
        return {
            "n": self.n, "key": self.customer.key, "secret": self.customer.secret, "to": ",".join(self.to),
            "text": self.text, "sender": self.sender, "host": HOSTS[self.region], "region": self.region,
            "account": str(self.customer.account_id),
        }  # fmt: skip


class World:
    """Customers of all kinds: told by push, keeping nothing, poor. In one region nothing is kept beyond midnight, so its
    days are swept while their messages are still under way.
    """

    def __init__(self, answers: Path, push_url: str, chance: random.Random) -> None:
        self._answers = answers
        self._chance = chance
        self._read_to = 0
        self.requests: dict[int, Request] = {}
        self.paid: dict[UUID, Decimal] = {}
        publish_prices({("GB", ""): PRICE}, effective_on=clock.today() - timedelta(days=9))
        self.customers = [
            _customer("Two days", (1, 2), "60", ("ie",), push_url),
            _customer("Nothing kept", (0, 1), "40", ("ie", "sg")),
            _customer("Until midnight", (1, 1), "30", ("ie", "sg", "sg"), push_url),
            _customer("Poor", (2, 3), "7", ("ie",)),
        ]

    def pay(self, turn: int) -> None:
        for customer in self.customers:
            account_id = customer.account_id
            top_up_balance(account_id=account_id, amount=customer.pays, reference=f"turn-{turn}")
            self.paid[account_id] = self.paid.get(account_id, Decimal(0)) + customer.pays

    def ask(self, count: int) -> list[Request]:
        """New requests of all kinds: every outcome of the sandbox, one recipient or several."""
        return [self._request() for _ in range(count)]

    def _request(self) -> Request:
        chance = self._chance
        number = len(self.requests) + 1
        to = [chance.choice([*BY_NUMBER, *ORDINARY])]
        if chance.random() < 0.2:
            to = chance.sample([*BY_NUMBER, *ORDINARY], 3)
        # Accepting waits 0.3 s for an answer that is overtaken by its receipt: a few of them do.
        to = [ORDINARY[0] if one == "447700900140" and chance.random() < 0.7 else one for one in to]
        text = f"The parcel {number} is here." if chance.random() < 0.8 else f"包裹 {number} 已到。" * 8
        customer = chance.choices(self.customers, [4, 3, 3, 2])[0]
        region = chance.choice(customer.regions)
        request = Request(number, customer, region, list(dict.fromkeys(to)), text, clock.today())
        self.requests[number] = request
        return request

    def hear(self) -> None:
        """Read what the clients were answered meanwhile."""
        if not self._answers.exists():
            return
        lines = self._answers.read_bytes()[self._read_to :].split(b"\n")
        self._read_to += sum(len(line) + 1 for line in lines[:-1])
        for line in lines[:-1]:
            told = json.loads(line)
            request = self.requests[told["n"]]
            assert request.status is None, f"request {request.n} was answered twice"
            request.status, request.ids = told["status"], told["ids"]


def _customer(
    name: str, days: tuple[int, int], pays: str, places: tuple[str, ...], push_url: str = ""
) -> Customer:
    with clock.travel(by=-timedelta(days=3)):
        person = Person.objects.create(email=f"{uuid7().hex}@example.com")
        account = open_account(person=person, name=name, region="ie")
        for data_class, kept in zip((DataClass.CONTENT, DataClass.NUMBER), days, strict=True):
            instructions.instruct(
                account_id=account.pk, data_class=data_class, days=kept, person_id=None, knowingly=True
            )
        change_account(account_id=account.pk, actor_id=None, push_url=push_url, throttle_per_second=10_000)
        key = create_api_key(account_id=account.pk, name="loop", created_by_id=None)
    push_account(account.pk)
    return Customer(account.pk, key.key.key, key.secret, days, Decimal(pays), places)
