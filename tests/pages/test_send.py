"""Send one: form, check page, confirmation; nothing goes before the check, and only once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import Account
from messaging.messages.models import Message
from paasoo_portal.core import audit, clock
from paasoo_portal.core.audit.models import AuditEvent
from paasoo_portal.core.tenancy import scope
from tests.pages.conftest import REGION, Cast
from tests.pages.visitor import Page, Visitor

pytestmark = pytest.mark.django_db(databases="__all__")
GOOD = {
    "to": "+44 7700 900100",
    "text": "Hello [you]",
    "sender": "",
    "keep": "",
    "region": REGION,
}


def sent(cast: Cast) -> list[Message]:
    with scope(cast.company.pk, using=[REGION]):
        return list(Message.objects.using(REGION).all())


def checked(visitor: Visitor, **changes: Any) -> Page:
    return visitor.post("/send/", {**GOOD, **changes, "step": "check"})


def test_the_check_page_says_everything_and_sends_nothing(alice: Visitor, cast: Cast) -> None:
    page = checked(alice)
    last_on = clock.today() + timedelta(days=29)
    for words in (
        "PaaSoo",
        "+447700900100",
        "Hello [you]",
        "GSM 03.38",
        "0.035 EUR",
        "Singapore",
    ):
        assert words in page.text, words
    assert f"until the end of {last_on.day} {last_on:%B %Y}, then erased" in page.text
    assert sent(cast) == []


def test_sends_once_and_confirms_with_the_reference(alice: Visitor, cast: Cast) -> None:
    page = checked(alice)
    where = alice.post_on("/send/", {**page.values(), "step": "send"})
    confirmation = alice.get(where)
    assert confirmation.title.startswith("Your message is accepted")
    reference = confirmation.texts("strong.mono")[0]
    assert len(reference) == 17
    assert [
        len(sent(cast)),
        alice.post_on("/send/", {**page.values(), "step": "send"}),
    ] == [1, where]
    assert len(sent(cast)) == 1
    acts = AuditEvent.objects.filter(event=audit.Event.MESSAGE_SENT_BY_HAND)
    assert [act.subject_id for act in acts] == [sent(cast)[0].pk]


def test_two_windows_send_two_messages(alice: Visitor, cast: Cast) -> None:
    first, second = checked(alice), checked(alice, text="Another")
    for page in (first, second):
        alice.post_on("/send/", {**page.values(), "step": "send"})
    assert len(sent(cast)) == 2


def test_what_came_from_no_check_page_gets_one(alice: Visitor, cast: Cast) -> None:
    page = alice.post("/send/", {**GOOD, "step": "send"})
    assert page.title.startswith("Check before you send")
    assert sent(cast) == []


def test_going_back_from_the_check_page_keeps_what_was_typed(alice: Visitor) -> None:
    page = checked(alice, text="Two\r\nlines ")
    back = alice.post("/send/", {**page.values(), "step": "edit"})
    assert back.title == "Send one message – PaaSoo"
    assert back.values()["text"].split() == ["Two", "lines"]
    assert back.values()["to"] == "+44 7700 900100"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"to": ""}, "Enter the number to send to"),
        (
            {"to": "hello"},
            "Enter a number with its country code, such as +44 7700 900100",
        ),
        ({"text": " "}, "Enter a text"),
        ({"text": "x" * 1531}, "Enter at most 1530 characters"),
        (
            {"sender": "Too long a name"},
            "Enter at most 11 letters and digits, or a number",
        ),
        ({"sender": "Bad!"}, "Enter at most 11 letters and digits, or a number"),
    ],
)
def test_each_wrong_field_says_how_to_mend_it(alice: Visitor, changes: dict[str, str], error: str) -> None:
    page = checked(alice, **changes)
    assert page.texts(".error-summary a") == [error]
    assert page.texts(".field-error") == [error]
    kept = {**GOOD, **changes}
    assert page.values().get("to", "") == kept["to"]


def test_a_text_may_be_kept_shorter_than_the_account_says(alice: Visitor, cast: Cast) -> None:
    page = checked(alice, keep="7")
    alice.post_on("/send/", {**page.values(), "step": "send"})
    row = sent(cast)[0]
    assert row.content_due_on == clock.today() + timedelta(days=7)
    assert row.number_due_on == clock.today() + timedelta(days=90)
    assert "not beyond delivery" in checked(alice, keep="0", text="Another").text


def test_hostile_words_stay_words(alice: Visitor) -> None:
    page = checked(alice, text="<script>alert(1)</script>{{ 7|add:7 }}")
    assert "<script>alert" not in page.source
    assert "<script>alert(1)</script>{{ 7|add:7 }}" in page.text


def test_a_country_without_a_price_is_told_before_sending(alice: Visitor) -> None:
    assert "We do not send to this country" in checked(alice, to="+33 6 39 98 00 00").text


def test_a_suspended_account_is_told_and_refused(alice: Visitor, cast: Cast) -> None:
    Account.objects.filter(pk=cast.company.pk).update(state="suspended")
    assert "Your account is suspended" in alice.get("/send/").text


def test_a_viewer_may_not_send(vera: Visitor) -> None:
    assert vera.client.get("/send/").status_code == 403
    assert "/send/" not in vera.get("/").links()


def test_the_confirmation_of_another_account_is_not_found(alice: Visitor, charlie: Visitor) -> None:
    page = checked(alice)
    where = alice.post_on("/send/", {**page.values(), "step": "send"})
    assert charlie.client.get(where).status_code == 404


def test_a_text_not_kept_beyond_delivery_names_no_day(alice: Visitor) -> None:
    page = checked(alice, keep="0")
    confirmation = alice.get(alice.post_on("/send/", {**page.values(), "step": "send"}))
    assert "The text is not kept beyond delivery." in confirmation.text
    assert "until the end of" not in confirmation.text
