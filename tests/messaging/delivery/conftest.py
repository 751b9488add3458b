"""A desk at which messages are accepted and delivered, in one transaction that is rolled back; and, for what takes
several connections, the same with real commits.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from accounts.models import Account, Person
from accounts.teams.services import open_account
from messaging.accept.portal import accept_messages
from messaging.allowance.models import Allowance
from messaging.carriers.base import Carrier, Receipt, Standing, Submission, SubmitAnswer
from messaging.carriers.sandbox.carrier import SandboxCarrier
from messaging.delivery import claim, dispatch, push, receipts, reconcile
from messaging.messages.models import Message, MessageEvent
from messaging.messages.states import State
from messaging.pricing.services import publish_prices
from messaging.projections.models import RegionAccount
from messaging.projections.services import push_account, push_prices
from paasoo_portal.core import clock, regions
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope, system_scope
from privacy import keys
from privacy.errors import PrivacyError
from privacy.keys import guard
from tests import money
from tests.conftest import AsRole
from tests.privacy.conftest import begin_anew

ALIAS = "sg"
PRICE = Decimal("0.035")
WORKER = "test-1"
ANYBODY = "447700900456"
_texts = itertools.count(1)


@dataclass(frozen=True)
class Step:
    """An event as the page's timeline shows it."""

    state: int
    actor: int
    note: str
    error_code: int | None


def rows(alias: str, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """What SQL says, as the worker in all accounts."""
    with system_scope("test", using=(alias,)), connections[alias].cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


class Desk:
    """Everything a message goes through, in the roles in which the product does it."""

    def __init__(self, account: Account, as_role: AsRole, alias: str = ALIAS) -> None:
        self.account = account
        self.alias = alias
        self.carrier: Carrier = SandboxCarrier(alias)
        self._as_role = as_role

    def send(self, to: str = ANYBODY, *, text: str = "", content_days: int | None = None) -> UUID:
        return self.send_many([to], text=text, content_days=content_days)[0]

    def send_many(self, to: list[str], *, text: str = "", content_days: int | None = None) -> list[UUID]:
        """Accept messages as the portal does, as the app. In the order of `to`."""
        accepted = accept_messages(
            account_id=self.account.pk,
            region=self.alias,
            sender="Harbour",
            recipients=to,
            text=text or f"Parcel {next(_texts)}",
            content_days=content_days,
        )
        return [one.id for one in accepted]

    def dispatch(self, worker: str = WORKER, **kwargs: Any) -> int:
        with self._as_role("worker"):
            return dispatch.dispatch(self.alias, self.carrier, worker, **kwargs)

    def push(self) -> int:
        with self._as_role("worker"):
            return push.push_due(self.alias)

    def dispatch_alone(self, worker: str = WORKER) -> None:
        self.alone(dispatch.dispatch, self.alias, self.carrier, worker)

    def alone(self, function: Callable[..., Any], *args: Any) -> None:
        """Without a savepoint of the test's: what was committed before a crash stays."""
        with connections[self.alias].cursor() as cursor:
            cursor.execute("SET LOCAL ROLE paasoo_worker")
        try:
            function(*args)
        finally:
            with connections[self.alias].cursor() as cursor:
                cursor.execute("SET LOCAL ROLE paasoo_app")

    def pump(self) -> int:
        with self._as_role("worker"):
            return receipts.pump(self.alias, self.carrier)

    def reconcile(self) -> int:
        with self._as_role("worker"):
            return reconcile.reconcile(self.alias, self.carrier)

    def close_unanswered(self) -> int:
        with self._as_role("worker"):
            return reconcile.close_unanswered(self.alias)

    def work(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """A function of the product in the worker's role and a system scope."""
        with self._as_role("worker"), system_scope("test", using=(self.alias,)):
            return function(*args, **kwargs)

    def sql(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with self._as_role("worker"):
            return rows(self.alias, statement, parameters)

    def message(self, message_id: UUID) -> Message:
        with scope(self.account.pk, using=[self.alias]):
            return Message.objects.using(self.alias).get(pk=message_id)

    def state(self, message_id: UUID) -> State:
        return State(self.message(message_id).state)

    def states(self, ids: Sequence[UUID]) -> list[State]:
        return [self.state(message_id) for message_id in ids]

    def steps(self, message_id: UUID) -> list[Step]:
        with scope(self.account.pk, using=[self.alias]):
            found = MessageEvent.objects.using(self.alias).filter(message_id=message_id).order_by("at", "id")
            return [Step(one.state, one.actor, one.note, one.error_code) for one in found]

    def steps_as_written(self, message_id: UUID) -> list[Step]:
        """In the order of writing, for events that bear the same instant."""
        found = self.sql(
            "SELECT state, actor, note, error_code FROM messaging_messageevent WHERE message_id = %s ORDER BY ctid",
            message_id,
        )
        return [Step(*row) for row in found]

    def take_up(self) -> None:
        """Claim and mark everything, as if the carrier were just being called."""
        claimed = self.work(claim.claim, self.alias, WORKER, 100)
        self.work(claim.mark_sending, self.alias, WORKER, claimed)

    def way(self, message_id: UUID) -> list[str]:
        """The events as words: the state, and the note if there is one."""
        return [
            State(step.state).name.lower() + (f" ({step.note})" if step.note else "")
            for step in self.steps(message_id)
        ]

    def handed_over(self, message_id: UUID) -> int:
        """How often the carrier's own ledger says that it was given the message."""
        found = self.sql("SELECT count(*) FROM messaging_sandboxsubmission WHERE reference = %s", message_id)
        return found[0][0]

    def pushes(self) -> list[tuple[Any, ...]]:
        return self.sql(
            "SELECT message_id, message_state, error_code, state, attempts, last_status, last_error, due_at "
            "FROM messaging_deliverypush WHERE account_id = %s ORDER BY id",
            self.account.pk,
        )

    def spent(self) -> Decimal:
        """What has gone from the allowance of 10 EUR."""
        with scope(self.account.pk, using=[self.alias]):
            left = Allowance.objects.using(self.alias).values_list("amount", flat=True)
            return Decimal(10) - sum(left, Decimal(0))

    def tell_reports_to(self, url: str) -> None:
        with scope(self.account.pk):
            Account.objects.filter(pk=self.account.pk).update(push_url=url)
        with self._as_role("worker"):
            rows(
                self.alias,
                "UPDATE messaging_regionaccount SET push_url = %s WHERE account_id = %s",
                [url, self.account.pk],
            )

    def make_pushes(self) -> None:
        """For messages that ended before the account named its URL."""
        self.sql(
            "INSERT INTO messaging_deliverypush "
            "(id, account_id, message_id, message_state, error_code, state, due_at, attempts, last_error) "
            "SELECT gen_random_uuid(), account_id, id, state, error_code, 0, %s, 0, '' FROM messaging_message "
            "WHERE account_id = %s",
            clock.now(), self.account.pk,
        )  # fmt: skip

    def keep(self, *, content_days: int, number_days: int) -> None:
        """What the account instructs, as the region knows it."""
        with self._as_role("worker"):
            rows(
                self.alias,
                "UPDATE messaging_regionaccount SET content_days = %s, number_days = %s WHERE account_id = %s",
                [content_days, number_days, self.account.pk],
            )

    def kill_key(self, key_id: UUID) -> None:
        """What the night's run leaves of a key whose day has come."""
        self.sql(
            "INSERT INTO privacy_keytombstone (key_id, account_id, data_class, starts_on, due_on, erased_at, reason, "
            "run_id, certificate_id, last_epoch) SELECT id, account_id, data_class, starts_on, due_on, %s, "
            "'retention', %s, %s, epoch FROM privacy_datakey WHERE id = %s",
            clock.now(), uuid7(), uuid7(), key_id,
        )  # fmt: skip
        self.sql("DELETE FROM privacy_datakey WHERE id = %s", key_id)

    def check_counts(self) -> None:
        """The day counters say what is there, but for the accepted, which are not counted."""
        live = self.sql(
            "SELECT state, count(*), sum(segments), sum(price * segments) FROM messaging_message "
            "WHERE account_id = %s AND state <> 0 GROUP BY state ORDER BY state",
            self.account.pk,
        )
        counted = self.sql(
            "SELECT state, sum(messages), sum(segments), sum(amount) FROM messaging_daycount "
            "WHERE account_id = %s GROUP BY state HAVING sum(messages) <> 0 OR sum(segments) <> 0 OR sum(amount) <> 0 "
            "ORDER BY state",
            self.account.pk,
        )
        assert counted == live


def project(account: Account) -> None:
    """The account and a price in the regions, as accepting reads them."""
    publish_prices({("GB", ""): PRICE}, effective_on=date(2024, 1, 1))
    push_prices()
    push_account(account_id=account.pk)


@pytest.fixture
def new_account(db: None) -> Callable[[], Account]:
    """Another account with 10 EUR to spend in the region."""

    def make() -> Account:
        person = Person.objects.create(email=f"{uuid7().hex}@example.com")
        account = open_account(person=person, name="Harbour Logistics", region=ALIAS)
        project(account)
        with scope(account.pk, using=[ALIAS]):
            RegionAccount.objects.using(ALIAS).filter(pk=account.pk).update(throttle_per_second=10_000)
            Allowance(account_id=account.pk, slot=0, amount=Decimal(10)).save(using=ALIAS)
        return account

    return make


@pytest.fixture
def desk(new_account: Callable[[], Account], as_role: AsRole) -> Desk:
    return Desk(new_account(), as_role)


@pytest.fixture
def new_desk(new_account: Callable[[], Account], as_role: AsRole) -> Callable[[], Desk]:
    return lambda: Desk(new_account(), as_role)


def _mend() -> None:
    """Other tests give a database a vault and a journal of their own, and leave it without."""
    keys.forget()
    for alias in regions.aliases():
        try:
            guard.check(alias)
        except PrivacyError:
            begin_anew()


@pytest.fixture
def shop(worker: None) -> Account:
    """An account with money, everything really committed, in the worker's role."""
    _mend()
    account = money.account(50, region=ALIAS)
    project(account)
    for alias in regions.aliases():
        rows(alias, "UPDATE messaging_regionaccount SET throttle_per_second = 10000")
        for table in ("messaging_sandboxsubmission", "messaging_deliverypush"):
            rows(alias, f"DELETE FROM {table}")
    push.servers.forget()
    return account


def accept(
    account: Account, count: int = 1, *, alias: str = ALIAS, to: Sequence[str] = (), text: str = ""
) -> list[UUID]:
    """Accept messages for real, to numbers that are delivered or to those given."""
    recipients = list(to) or [f"44770096{index:04}" for index in range(count)]
    found = []
    for start in range(0, len(recipients), 100):
        found += accept_messages(
            account_id=account.pk,
            region=alias,
            sender="Harbour",
            recipients=recipients[start : start + 100],
            text=text or f"Parcel {next(_texts)}",
        )
    return [one.id for one in found]


class Scripted(Carrier):
    """A carrier that does as the test says; by default it takes everything and knows everything."""

    name = "scripted"

    def __init__(self) -> None:
        self.taken: list[Submission] = []
        self.asked: list[UUID] = []
        self.acknowledged: list[Receipt] = []
        self.waiting: list[Receipt] = []
        self.on_submit: Callable[[Sequence[Submission]], list[SubmitAnswer]] = self.take
        self.on_query: Callable[[Sequence[UUID]], list[Standing]] = self.know

    def submit(self, batch: Sequence[Submission]) -> list[SubmitAnswer]:
        return self.on_submit(batch)

    def query(self, references: Sequence[UUID]) -> list[Standing]:
        self.asked.extend(references)
        return self.on_query(references)

    def receipts(self, limit: int) -> list[Receipt]:
        return self.waiting[:limit]

    def acknowledge(self, receipts: Sequence[Receipt]) -> None:
        self.acknowledged.extend(receipts)

    def submitted_on(self, carrier_ref: str) -> date | None:
        return None

    def take(self, batch: Sequence[Submission]) -> list[SubmitAnswer]:
        self.taken.extend(batch)
        return [SubmitAnswer(one.reference, self.ref(one.reference), State.SENT) for one in batch]

    def know(self, references: Sequence[UUID]) -> list[Standing]:
        had = {one.reference for one in self.taken}
        return [
            Standing(one, self.ref(one) if one in had else "", State.SENT if one in had else None)
            for one in references
        ]

    @staticmethod
    def ref(reference: UUID) -> str:
        return f"s-{reference.hex}"


@pytest.fixture
def scripted(desk: Desk) -> Scripted:
    """The desk's carrier from now on."""
    desk.carrier = carrier = Scripted()
    return carrier
