"""The export of the message log: exactly the filter's rows, in bounded memory, and nothing a reader may not see."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from types import GeneratorType
from typing import Any

import pytest

from accounts.seats import Seat
from messaging.messages.models import Message
from messaging.messages.states import State
from messaging.pages import export, log
from messaging.pages.filters import LogFilter
from paasoo_portal.core import clock
from paasoo_portal.core.audit import Event
from paasoo_portal.core.audit.models import AuditEvent
from paasoo_portal.core.tenancy import scope
from tests.pages.conftest import REGION, Cast, Send
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")


def fetch(visitor: Visitor, query: dict[str, str] | None = None) -> list[dict[str, str]]:
    response: Any = visitor.client.get("/messages/export/", query)
    assert response.status_code == 200, response.status_code
    text = b"".join(response.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_holds_exactly_the_rows_of_the_page(alice: Visitor, cast: Cast, send: Send) -> None:
    first, second = send("447700900101"), send("447700900102", text='Line one\r\n"two", three')
    with scope(cast.company.pk, using=[REGION]):
        Message.objects.using(REGION).filter(pk=first.id).update(state=State.DELIVERED)
    rows = fetch(alice)
    assert [row["id"] for row in rows] == [str(second.id), str(first.id)]
    assert rows[0]["number"] == "+447700900102"
    assert rows[0]["content"] == 'Line one\r\n"two", three'
    assert (rows[0]["content_state"], rows[0]["number_state"]) == ("kept", "kept")
    assert rows[0]["time_utc"].endswith("Z")
    assert [row["id"] for row in fetch(alice, {"state": "4"})] == [str(first.id)]
    link = next(link for link in alice.get("/messages/", {"state": "4"}).links() if "export" in link)
    assert link == "/messages/export/?state=4"


def test_a_search_for_a_number_is_exported_without_it_in_the_address(alice: Visitor, send: Send) -> None:
    sent, _other = send("447700900101"), send("447700900102")
    where = alice.post_on("/messages/find/", {"number": "447700900101"})
    link = next(link for link in alice.get(where).links() if "export" in link)
    assert "7700" not in link
    query = dict([link.split("?")[1].split("=")])
    assert [row["id"] for row in fetch(alice, query)] == [str(sent.id)]
    with clock.travel(by=timedelta(minutes=16)):
        assert alice.client.get(link)["Location"].startswith("/messages/")


def test_another_account_gets_its_own_rows_alone(charlie: Visitor, send: Send) -> None:
    send()
    assert fetch(charlie, {"region": REGION}) == []


def test_who_may_not_export_sees_no_button(vera: Visitor, send: Send) -> None:
    send()
    assert not [link for link in vera.get("/messages/").links() if "export" in link]
    assert vera.client.get("/messages/export/").status_code == 403


def test_who_may_see_less_gets_less(cast: Cast, send: Send) -> None:
    send("447700900101", text="Secret words")
    made = export.Export(Seat(cast.company, "viewer", ()), LogFilter(REGION, clock.today(), clock.today()))
    text = "".join(made.lines())
    assert "Secret words" not in text
    assert "447700900101" not in text
    assert '"withheld"' in text
    assert '"masked"' in text


def test_what_is_erased_is_empty_and_says_so(alice: Visitor, send: Send) -> None:
    send("447700900101")
    day = clock.today().isoformat()
    with clock.travel(by=timedelta(days=31)):
        (row,) = fetch(alice, {"first": day, "last": day})
        assert (row["content"], row["content_state"], row["number"]) == ("", "erased", "+447700900101")
    with clock.travel(by=timedelta(days=91)):
        (row,) = fetch(alice, {"first": day, "last": day})
        assert (row["number"], row["number_state"]) == ("", "erased")


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1", "'＝1"),
        ("+447700900123", "+447700900123"),
        ("+447700900123\n", "'+447700900123\n"),
        ("Harbour", "Harbour"),
        ("", ""),
    ],
)
def test_no_cell_is_a_formula_and_numbers_stay_usable(cell: str, shown: str) -> None:
    assert export.safe(cell) == shown


def test_a_wrong_filter_is_told_on_the_page(alice: Visitor) -> None:
    assert alice.client.get("/messages/export/", {"first": "no"})["Location"] == "/messages/?first=no"
    assert alice.client.post("/messages/export/").status_code == 405


def test_leaves_a_trace_of_counts_alone(alice: Visitor, cast: Cast, send: Send) -> None:
    send("447700900101")
    response: Any = alice.client.get("/messages/export/")
    assert response["Content-Disposition"].startswith(f'attachment; filename="messages-{REGION}-')
    begun = AuditEvent.objects.get(event=Event.MESSAGES_EXPORT_BEGUN)
    b"".join(response.streaming_content)
    ended = AuditEvent.objects.get(event=Event.MESSAGES_EXPORTED)
    assert (begun.data["messages"], ended.data["messages"], ended.data["complete"]) == (0, 1, True)
    assert ended.chain == cast.company.pk
    assert set(ended.data) == {"region", "days", "by_number", "messages", "complete"}


def test_a_hundred_thousand_rows_are_never_held_together(
    cast: Cast, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = send("447700900101")
    with scope(cast.company.pk, using=[REGION]):
        message = Message.objects.using(REGION).get(pk=sent.id)
    asked: list[int] = []

    def batch(account_id: object, asked_for: object, before: object, size: int) -> list[Message]:
        asked.append(size)
        return [message] * (size if len(asked) <= 100_000 // export.BATCH else 0)

    monkeypatch.setattr(log, "batch", batch)
    made = export.Export(
        Seat(cast.company, "administrator", ()), LogFilter(REGION, clock.today(), clock.today())
    )
    lines = made.lines()
    assert isinstance(lines, GeneratorType)
    longest = 0
    for turn, chunk in enumerate(lines):
        assert len(asked) == turn, "a batch is read only when the one before has gone out"
        longest = max(longest, len(chunk))
    assert made.rows == 100_000
    assert longest < 250_000


def test_batches_meet_without_gap_or_repetition(
    alice: Visitor, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "BATCH", 2)
    sent = [str(send(f"4477009001{index:02d}").id) for index in range(20, 25)][::-1]
    assert [row["id"] for row in fetch(alice)] == sent
