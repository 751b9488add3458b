"""The audit trail's page: every event has a word, every look by staff is seen (P-SEC-2)."""

from __future__ import annotations

import pytest

from accounts.trail import selectors, words
from paasoo_portal.core import audit
from tests.pages.conftest import Cast
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")


def test_every_event_has_a_word() -> None:
    assert set(words.LABELS) == set(audit.Event)


def test_who_did_what_is_told_by_name(cast: Cast, alice: Visitor) -> None:
    page = alice.get("/audit/")
    assert page.texts("tbody th")[0].replace(" ", "").startswith("MemberjoinedVera")
    assert "Alice" in page.texts("tbody td")[1]
    assert "role: Viewer" in page.text


def test_a_look_by_staff_is_shown_and_can_be_asked_for(cast: Cast, alice: Visitor) -> None:
    assert "No member of PaaSoo’s staff" in alice.get("/audit/", {"who": "staff"}).text
    audit.record(
        audit.Event.STAFF_VIEWED,
        account_id=cast.company.pk,
        actor_id=cast.dana.pk,
        actor_kind="staff",
        subject_id=cast.company.pk,
        what="account",
        reason="support_request",
    )
    page = alice.get("/audit/", {"who": "staff"})
    assert "PaaSoo staff, number" in page.text
    assert "what: the account; reason: The customer asked for help" in page.text
    assert "Each goes one year after the event." in page.text
    assert "Dana" not in page.text


def test_a_long_trail_is_paged_both_ways(cast: Cast, alice: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "PER_PAGE", 2)
    first = alice.get("/audit/")
    older = next(link for link in first.links() if "before=" in link)
    second = alice.get(older)
    assert not set(first.texts("tbody tr")) & set(second.texts("tbody tr"))
    newer = next(link for link in second.links() if "after=" in link)
    assert alice.get(newer).texts("tbody tr") == first.texts("tbody tr")


@pytest.mark.parametrize("query", ["before=x", "before=-1", "after=99999999999999999999", "who=nobody"])
def test_nonsense_in_the_address_is_no_error(alice: Visitor, query: str) -> None:
    assert alice.client.get(f"/audit/?{query}").status_code == 200


def test_another_account_s_trail_is_not_shown(charlie: Visitor) -> None:
    assert "Vera" not in charlie.get("/audit/").text
