"""Home: today's figures, the last failures, what is erased next; a checklist until the first message."""

from __future__ import annotations

import pytest

from messaging.allowance.models import Allowance
from messaging.messages.models import Message
from messaging.messages.states import State
from paasoo_portal.core.tenancy import scope
from tests.pages.conftest import REGION, Cast, Send, count, path_of
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")


def test_an_empty_account_is_shown_its_first_steps(alice: Visitor) -> None:
    page = alice.get("/")
    assert "Your first message" in page.text
    assert "/api-keys/new/" in page.links()
    assert "/send/" in page.links()


def test_the_first_steps_say_which_are_done(
    alice: Visitor, bob: Visitor, charlie: Visitor, cast: Cast
) -> None:
    def done(visitor: Visitor) -> list[str]:
        return visitor.get("/").texts(".steps > li.good strong")

    assert done(alice) == ["Confirm a second factor", "Top up"]
    assert done(bob) == ["Top up"]
    assert "/accounts/2fa/" in bob.get("/").links()
    with scope(cast.other.pk, using=["sg", "ie"]):
        for alias in ("sg", "ie"):
            Allowance.objects.using(alias).update(amount=0)
    assert done(charlie) == ["Confirm a second factor"]
    assert "/balance/" in charlie.get("/").links()


def test_counts_what_was_sent_and_says_what_goes_next(alice: Visitor, cast: Cast, send: Send) -> None:
    send()
    count(cast.company.pk, State.DELIVERED)
    page = alice.get("/")
    assert "Your first message" not in page.text
    assert page.texts(".figures dd")[0] == "1"
    assert "0.04 EUR" in page.text
    assert page.texts("h2").count("Erased next") == 1
    assert page.texts("h3") == ["Message content", "End-User numbers"]


def test_shows_failures_with_their_reason(alice: Visitor, cast: Cast, send: Send) -> None:
    sent = send("447700900112")
    fail(cast, sent.id)
    page = alice.get("/")
    assert "out of service or does not exist" in page.text
    assert path_of(sent) in page.links()


def test_masks_numbers_for_a_viewer_and_hides_money(vera: Visitor, cast: Cast, send: Send) -> None:
    fail(cast, send("447700900112").id)
    page = vera.get("/")
    assert "447700900112" not in page.source
    assert "+44••••••••12" in page.text
    assert "EUR" not in page.text


def test_billing_sees_figures_and_no_message(cast: Cast, send: Send) -> None:
    fail(cast, send("447700900112").id)
    count(cast.company.pk, State.FAILED)
    page = Visitor(cast.bill).get("/")
    assert "0.04 EUR" in page.text
    assert "Your role does not include single messages." in page.text
    assert "/messages/" not in page.links()


def test_stays_within_its_budget_of_queries(
    alice: Visitor, send: Send, django_assert_max_num_queries: object
) -> None:
    send()
    with django_assert_max_num_queries(30):  # type: ignore[operator]
        alice.client.get("/")


def fail(cast: Cast, message_id: object) -> None:
    with scope(cast.company.pk, using=[REGION]):
        Message.objects.using(REGION).filter(pk=message_id).update(state=State.FAILED, error_code=3)
