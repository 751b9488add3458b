"""The message log: filters by GET, a number by POST only, pages by cursor, masks by role."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.api_keys.services import create_api_key
from messaging.messages.models import Message
from messaging.messages.states import State
from messaging.pages import log
from paasoo_portal.core import clock
from paasoo_portal.core.tenancy import scope
from tests.pages.conftest import REGION, Cast, Send, count, path_of
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")


def test_an_empty_log_says_what_will_appear(alice: Visitor) -> None:
    assert "Messages you send and receive appear here" in alice.get("/messages/").text


def test_lists_newest_first_with_the_day_each_text_goes(alice: Visitor, cast: Cast, send: Send) -> None:
    first, second = send("447700900101"), send("447700900102")
    count(cast.company.pk, State.ACCEPTED, messages=2)
    page = alice.get("/messages/")
    assert [link for link in page.links() if link.startswith(f"/messages/{REGION}/")] == [
        path_of(second),
        path_of(first),
    ]
    last_on = clock.today() + timedelta(days=29)
    assert f"{last_on.day} {last_on:%B %Y}" in page.text
    assert page.texts("caption")[0].startswith("2 messages, ")


def test_another_account_sees_nothing_of_it(charlie: Visitor, send: Send) -> None:
    send()
    assert charlie.get("/messages/", {"region": REGION}).all(".log") == []


def test_filters_by_state_sender_key_and_direction(alice: Visitor, cast: Cast, send: Send) -> None:
    key = create_api_key(account_id=cast.company.pk, name="Server", created_by_id=None).key
    sent, other = send("447700900101"), send("447700900102")
    with scope(cast.company.pk, using=[REGION]):
        Message.objects.using(REGION).filter(pk=sent.id).update(
            state=State.DELIVERED, sender="Other", api_key_id=key.pk
        )
    for query in ({"state": "4"}, {"sender": "Other"}, {"key": str(key.pk)}):
        found = [link for link in alice.get("/messages/", query).links() if f"/{REGION}/" in link]
        assert found == [path_of(sent)], query
    assert path_of(other) in alice.get("/messages/", {"state": "underway"}).links()
    assert alice.get("/messages/", {"direction": "1"}).all(".log") == []
    assert "No message fits" in alice.get("/messages/", {"state": "failures"}).text


def test_a_wrong_filter_names_its_field_and_keeps_what_was_typed(alice: Visitor, send: Send) -> None:
    send()
    page = alice.get("/messages/", {"first": "2024-01-01", "last": "2026-01-01", "sender": "Harbour"})
    assert page.texts(".error-summary a") == ["Choose at most 100 days at once"]
    assert 'value="2024-01-01"' in page.source
    page = alice.get("/messages/", {"first": "yesterday"})
    assert page.texts(".error-summary a") == ["Enter a day as 2026-11-24"]
    assert alice.get("/messages/", {"state": "99", "region": "xx"}).all(".error-summary")
    assert alice.get("/messages/", {"before": "nonsense"}).all(".log")


def test_finds_a_number_without_putting_it_into_the_address(alice: Visitor, send: Send) -> None:
    sent, _other = send("447700900101"), send("447700900102")
    where = alice.post_on("/messages/find/", {"number": "+44 7700 900101", "state": "underway"})
    assert "7700" not in where
    assert parse_qs(urlsplit(where).query)["state"] == ["underway"]
    page = alice.get(where)
    assert [link for link in page.links() if f"/{REGION}/" in link] == [path_of(sent)]
    assert "+447700900101" in page.text


def test_a_search_ends_after_fifteen_minutes_and_with_the_session(
    alice: Visitor, bob: Visitor, send: Send
) -> None:
    send("447700900101")
    where = alice.post_on("/messages/find/", {"number": "447700900101"})
    assert bob.sent_on(bob.client.get(where)).startswith("/messages/")
    with clock.travel(by=timedelta(minutes=16)):
        assert alice.sent_on(alice.client.get(where)).startswith("/messages/")
        assert "Enter the number again" in alice.get("/messages/").text
    assert alice.sent_on(alice.client.get("/messages/", {"number": "447700900101"})).startswith("/messages/")


def test_a_number_that_is_none_is_refused_by_name(alice: Visitor) -> None:
    alice.post_on("/messages/find/", {"number": "what?"})
    assert "Enter a number with its country code" in alice.get("/messages/").text


def test_a_viewer_sees_masks_and_cannot_search_numbers(vera: Visitor, send: Send) -> None:
    send("447700900101")
    page = vera.get("/messages/")
    assert "447700900101" not in page.source
    assert "+44••••••••01" in page.text
    assert not page.all("#id_number")
    assert vera.client.post("/messages/find/", {"number": "447700900101"}).status_code == 403
    assert vera.client.get("/messages/", {"number": "token"}).status_code == 403


def test_turns_pages_by_cursor_stably(alice: Visitor, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "PAGE", 2)
    sent = [path_of(send(f"4477009001{index:02d}")) for index in range(20, 25)][::-1]
    page = alice.get("/messages/")
    seen = rows(page.links())
    send("447700900130")
    while older := page.all('a[rel="next"]'):
        page = alice.get(older[0].get("href"))
        seen += rows(page.links())
    assert seen == sent
    newer = alice.get(page.all('a[rel="prev"]')[0].get("href"))
    assert rows(newer.links()) == sent[2:4]


def test_a_foreign_region_is_read_across_a_border_and_says_so(alice: Visitor, cast: Cast, send: Send) -> None:
    send("447700900101", region="ie")
    assert "across a border" in alice.get("/messages/", {"region": "ie"}).text
    assert "across a border" not in alice.get("/messages/").text


def test_erased_numbers_and_texts_read_as_erased(alice: Visitor, send: Send) -> None:
    send("447700900101")
    day = clock.today().isoformat()
    with clock.travel(by=timedelta(days=31)):
        assert "+447700900101" in alice.get("/messages/", {"first": day, "last": day}).text
        assert "erased" in alice.get("/messages/", {"first": day, "last": day}).texts(".log td")[-1]
    with clock.travel(by=timedelta(days=91)):
        page = alice.get("/messages/", {"first": day, "last": day})
        assert "7700900101" not in page.source
        assert "erased" in page.texts(".log .to")[0]


def test_stays_within_its_budget_of_queries(
    alice: Visitor, send: Send, django_assert_max_num_queries: object
) -> None:
    for index in range(3):
        send(f"44770090012{index}")
    with django_assert_max_num_queries(30):  # type: ignore[operator]
        alice.client.get("/messages/")


def rows(links: list[str]) -> list[str]:
    return [link for link in links if link.startswith(f"/messages/{REGION}/")]
