"""Payments: booked once, whatever happens; the balance follows the ledger."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, connections, transaction

from accounts.billing import selectors
from accounts.billing.services import append_entry, top_up_balance
from accounts.errors import ReferenceTaken
from accounts.models import LedgerEntry, Person
from accounts.teams.services import open_account
from paasoo_portal.core.audit.models import AuditEvent
from paasoo_portal.core.tenancy import scope


@pytest.fixture
def account_id(alice: Person) -> UUID:
    return open_account(person=alice, name="A company", region="ie").pk


def sums(account_id: UUID) -> tuple[Decimal, Decimal]:
    with scope(account_id):
        return selectors.balance_of(account_id), selectors.ledger_total()


def test_a_payment_enters_the_ledger_and_the_balance(account_id: UUID) -> None:
    assert top_up_balance(account_id=account_id, amount=Decimal("12.50"), reference="p-1")
    assert sums(account_id) == (Decimal("12.5"), Decimal("12.5"))


def test_the_same_reference_is_booked_once(account_id: UUID) -> None:
    top_up_balance(account_id=account_id, amount=Decimal(10), reference="p-1")
    assert not top_up_balance(account_id=account_id, amount=Decimal(10), reference="p-1")
    assert sums(account_id) == (Decimal(10), Decimal(10))


def test_the_same_reference_with_another_amount_is_refused(account_id: UUID) -> None:
    top_up_balance(account_id=account_id, amount=Decimal(10), reference="p-1")
    with pytest.raises(ReferenceTaken):
        top_up_balance(account_id=account_id, amount=Decimal(11), reference="p-1")
    assert sums(account_id) == (Decimal(10), Decimal(10))


def test_two_accounts_may_use_one_reference(account_id: UUID, bob: Person) -> None:
    other = open_account(person=bob, name="Another", region="sg").pk
    assert top_up_balance(account_id=account_id, amount=Decimal(1), reference="p-1")
    assert top_up_balance(account_id=other, amount=Decimal(2), reference="p-1")
    assert sums(other) == (Decimal(2), Decimal(2))


@pytest.mark.parametrize("amount", ["0", "-1", "0.000001"])
def test_an_amount_that_is_none_is_refused(account_id: UUID, amount: str) -> None:
    with pytest.raises(ValueError, match="positive"):
        top_up_balance(account_id=account_id, amount=Decimal(amount), reference="p-1")


def test_many_at_once_book_one(account_id: UUID) -> None:
    def pay(_: int) -> bool:
        try:
            return top_up_balance(account_id=account_id, amount=Decimal(7), reference="same")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(pay, range(24))) == [False] * 23 + [True]
    assert sums(account_id) == (Decimal(7), Decimal(7))


def test_a_payment_leaves_a_trace_without_amount_or_reference(account_id: UUID, alice: Person) -> None:
    top_up_balance(account_id=account_id, amount=Decimal(7), reference="secret", actor_id=alice.pk)
    entry = AuditEvent.objects.filter(chain=account_id).order_by("-number").first()
    assert entry is not None
    assert (entry.event, entry.actor_id, entry.data) == ("account:balance:topped_up", alice.pk, {})


def test_the_ledger_is_append_only_for_the_web(account_id: UUID) -> None:
    top_up_balance(account_id=account_id, amount=Decimal(7), reference="p-1")
    with scope(account_id), pytest.raises(DatabaseError), transaction.atomic():
        LedgerEntry.objects.update(amount=1)
    with scope(account_id), pytest.raises(DatabaseError), transaction.atomic():
        LedgerEntry.objects.all().delete()


def test_a_balance_never_falls_below_zero(account_id: UUID) -> None:
    with scope(account_id), connections["default"].cursor() as cursor, pytest.raises(IntegrityError):
        with transaction.atomic():
            cursor.execute(
                "UPDATE accounts_balance SET amount = amount - 1 WHERE account_id = %s", [account_id]
            )


def test_another_accounts_ledger_cannot_be_written(account_id: UUID, bob: Person) -> None:
    other = open_account(person=bob, name="Another", region="sg").pk
    with pytest.raises(DatabaseError), scope(other):
        append_entry(account_id, "topup", Decimal(5), "p-9")
