"""The cast and what they have: alice administers a company, bob develops there, charlie is a stranger, dana
staff.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password

from accounts.duty import services as duty
from accounts.mfa.adapter import PortalMfaAdapter
from accounts.models import Account, Person, Role
from accounts.teams.services import add_member, open_account
from messaging.accept.portal import Accepted, accept_messages
from messaging.allowance.models import Allowance
from messaging.messages.states import Direction
from messaging.pricing.services import publish_prices
from messaging.projections.services import push_account, push_prices
from messaging.usage.models import DayCount
from paasoo_portal.core import clock, regions
from paasoo_portal.core.tenancy import scope
from tests.pages.visitor import PASSWORD, Visitor

REGION = "sg"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
_texts = itertools.count(1)


@dataclass(frozen=True)
class Cast:
    """People by their role; charlie administers another company, dana is staff and belongs to none."""

    alice: Person
    bob: Person
    sam: Person
    bill: Person
    vera: Person
    charlie: Person
    dana: Person
    company: Account
    other: Account

    def by_role(self) -> dict[str, Person]:
        return {
            Role.ADMINISTRATOR: self.alice,
            Role.DEVELOPER: self.bob,
            Role.SUPPORT: self.sam,
            Role.BILLING: self.bill,
            Role.VIEWER: self.vera,
        }


@cache
def _hashed() -> str:
    """Hashed once for all: the hash is slow on purpose."""
    return make_password(PASSWORD)


def person(name: str, **fields: Any) -> Person:
    email = f"{name.lower()}@example.com"
    made = Person(email=email, name=name, password=_hashed(), **fields)
    made.save(force_insert=True)
    EmailAddress.objects.create(user=made, email=email, verified=True, primary=True)
    return made


def enrol(who: Person) -> None:
    """Turn an authenticator app on, as the portal asks of administrators and staff."""
    sealed = PortalMfaAdapter().encrypt(TOTP_SECRET)
    Authenticator.objects.create(user=who, type=Authenticator.Type.TOTP, data={"secret": sealed})


@pytest.fixture(autouse=True)
def own_cache(settings: Any) -> None:
    """Sign-in's limits are counted per test."""
    name = f"test-{next(_texts)}"
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": name,
        }
    }


def allow(account_id: UUID, amount: Decimal) -> None:
    """Spending allowance in every region; moving it there for real needs commits, and has its own tests."""
    for alias in regions.aliases():
        with scope(account_id, using=[alias]):
            Allowance(account_id=account_id, slot=0, amount=amount).save(using=alias)


@pytest.fixture
def cast(db: None) -> Cast:
    """Everybody, with 10 EUR to spend in each region."""
    alice, bob, sam, bill, vera, charlie = map(person, ["Alice", "Bob", "Sam", "Bill", "Vera", "Charlie"])
    company = open_account(person=alice, name="Harbour Logistics", region=REGION)
    other = open_account(person=charlie, name="Northwind Clinics", region="ie")
    members = {
        bob: Role.DEVELOPER,
        sam: Role.SUPPORT,
        bill: Role.BILLING,
        vera: Role.VIEWER,
    }
    for member, role in members.items():
        add_member(account_id=company.pk, person_id=member.pk, role=role, added_by_id=alice.pk)
    publish_prices(
        {("GB", ""): Decimal("0.035"), ("US", ""): Decimal("0.0075")},
        effective_on=date(2024, 1, 1),
    )
    push_prices()
    for account in (company, other):
        push_account(account_id=account.pk)
        allow(account.pk, Decimal(10))
    dana = person("Dana", is_staff=True, is_superuser=True)
    for who in (alice, charlie, dana):
        enrol(who)
    duty.accept(dana.pk)
    return Cast(alice, bob, sam, bill, vera, charlie, dana, company, other)


@pytest.fixture
def alice(cast: Cast) -> Visitor:
    return Visitor(cast.alice)


@pytest.fixture
def bob(cast: Cast) -> Visitor:
    return Visitor(cast.bob)


@pytest.fixture
def vera(cast: Cast) -> Visitor:
    return Visitor(cast.vera)


@pytest.fixture
def charlie(cast: Cast) -> Visitor:
    return Visitor(cast.charlie)


@pytest.fixture
def dana(cast: Cast) -> Visitor:
    return Visitor(cast.dana)


@pytest.fixture
def nobody(db: None) -> Visitor:
    return Visitor()


Send = Callable[..., Accepted]


@pytest.fixture
def send(cast: Cast) -> Send:
    """Have the company send a message, through the service; each text is a new one."""

    def do(
        to: str = "447700900123",
        *,
        text: str | None = None,
        account_id: UUID | None = None,
        region: str = REGION,
        content_days: int | None = None,
    ) -> Accepted:
        accepted = accept_messages(
            account_id=account_id or cast.company.pk,
            region=region,
            sender="Harbour",
            recipients=[to],
            text=text or f"Parcel {next(_texts)} at {clock.now():%H:%M:%S.%f}",
            content_days=content_days,
        )
        return accepted[0]

    return do


def count(account_id: UUID, state: int, *, messages: int = 1, amount: str = "0.035") -> None:
    """What the counters say of today in the home region; the dispatcher writes them for real."""
    with scope(account_id, using=[REGION]):
        DayCount(
            account_id=account_id,
            day=clock.today(),
            direction=Direction.OUTBOUND,
            state=state,
            messages=messages,
            segments=messages,
            amount=Decimal(amount),
        ).save(using=REGION)


def path_of(message: Accepted, region: str = REGION) -> str:
    return f"/messages/{region}/{message.id}/"
