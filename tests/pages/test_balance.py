"""The balance: what is left over all regions, every movement in words, and the way to top up."""

from __future__ import annotations

from decimal import Decimal

import pytest

from accounts.billing.models import LedgerEntry, LedgerKind
from accounts.billing.services import top_up_balance
from messaging.allowance import services as allowance
from messaging.pages import views_balance
from paasoo_portal.core.tenancy import scope
from tests.pages.conftest import Cast
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")
PAGE = "/balance/"


def top_up(cast: Cast, reference: str, amount: str = "25.50") -> None:
    top_up_balance(
        account_id=cast.company.pk,
        amount=Decimal(amount),
        reference=reference,
        actor_id=cast.dana.pk,
        actor_kind="staff",
    )


def test_an_empty_one_says_how_money_comes_in(charlie: Visitor) -> None:
    page = charlie.get(PAGE)
    assert "Nothing was paid or spent yet." in page.text
    assert "Write to support" in page.text


def test_what_is_left_counts_all_regions_and_home_leads_there(cast: Cast, alice: Visitor) -> None:
    before = allowance.available(cast.company.pk)
    top_up(cast, "BANK-2026-00123")
    assert f"{before + Decimal('25.50'):.2f} EUR" in alice.get(PAGE).texts(".figures dd")[0]
    assert PAGE in alice.get("/").links()


def test_movements_are_told_in_words_newest_first(cast: Cast, alice: Visitor) -> None:
    top_up(cast, "BANK-2026-00123")
    with scope(cast.company.pk):
        LedgerEntry.objects.create(
            account_id=cast.company.pk,
            kind=LedgerKind.USAGE,
            amount=Decimal("-0.0525"),
            reference="usage:sg:2026-11-25:1",
        )
    used, paid = [" ".join(row.split()) for row in alice.get(PAGE).texts("tbody tr")][:2]
    assert "Usage" in used
    assert "Singapore, 25 November 2026" in used
    assert "-0.0525 EUR" in used.replace("−", "-")
    assert "BANK-2026-00123" in paid


def test_many_movements_are_turned_page_by_page(
    cast: Cast, alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views_balance, "PAGE", 2)
    for number in range(3):
        top_up(cast, f"BANK-2026-0000{number}")
    first = alice.get(PAGE)
    older = next(link for link in first.links() if "before=" in link)
    rest = alice.get(PAGE + older)
    assert "BANK-2026-00000" in rest.text
    assert not set(first.texts("tbody tr")) & set(rest.texts("tbody tr"))
    assert alice.get(PAGE, {"before": "nonsense"}).texts("tbody tr") == first.texts("tbody tr")


def test_another_account_s_movements_are_not_shown(cast: Cast, charlie: Visitor) -> None:
    top_up(cast, "BANK-2026-00123")
    assert "BANK-2026-00123" not in charlie.get(PAGE).text
