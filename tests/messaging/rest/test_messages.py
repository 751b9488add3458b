"""REST v1: sending, looking, listing and erasing, as a program would, and everything that it may do wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from messaging.accept import portal
from messaging.erasure.models import ErasedDay
from messaging.messages.models import Message
from paasoo_portal.core import clock
from paasoo_portal.core.audit.models import AuditEvent
from paasoo_portal.core.tenancy import scope
from privacy.retention import rows
from tests.conftest import AsRole
from tests.messaging.rest.conftest import Program, stored
from tests.pages.conftest import Cast

pytestmark = pytest.mark.django_db(databases="__all__")
NEVER = "00000000-0000-7000-8000-000000000000"


def test_sends_one_and_shows_it_with_text_number_and_last_days(program: Program) -> None:
    sent = program.send("+44 7700 900123", text="Grüße, 1 Paket", client_ref="order-7")
    assert sent["state"] == "accepted"
    assert sent["segments"] == 1
    assert (sent["price"], sent["currency"]) == ("0.035", "EUR")
    shown = program.call("GET", f"messages/{sent['id']}")
    assert (shown["number"], shown["text"]) == ("+447700900123", "Grüße, 1 Paket")
    assert shown["client_ref"] == "order-7"
    assert shown["sender"] == program.account.default_sender
    assert shown["text_kept_until"] == (clock.today() + timedelta(days=29)).isoformat()
    assert [event["state"] for event in shown["events"]] == ["accepted"]
    assert program.call("GET", f"messages/{sent['classic_id']}") == shown


def test_what_is_sent_lies_in_the_region_of_the_host_and_in_no_other(program: Program) -> None:
    program.client.defaults["HTTP_HOST"] = "api.paasoo.eu"
    program.send()
    assert (stored(program.account, "ie"), stored(program.account, "sg")) == (1, 0)


def test_takes_several_each_with_its_own_result(program: Program) -> None:
    answer = program.call(
        "POST",
        "messages",
        {
            "messages": [
                {"to": "+447700900123", "text": "one"},
                {"to": "+447700900123", "text": "one"},
                {"to": "+999000", "text": "nowhere"},
                {"to": "+12025550104", "text": "two", "from": "Harbour", "content_days": 0},
            ]
        },
        status=202,
    )
    first, repeated, nowhere, last = answer["results"]
    assert first["message"]["segments"] == 1
    assert repeated["problem"]["type"] == "/problems/duplicate-message"
    assert nowhere["problem"]["errors"][0]["pointer"] == "/messages/2/to"
    assert last["message"]["text_kept_until"] is None
    assert stored(program.account) == 2


def test_a_message_may_ask_for_shorter_days_of_its_own_and_never_for_longer(program: Program) -> None:
    """Its text is kept no longer than its number, by which alone it could be found (P-RET-2)."""
    today = clock.today()
    for asked, text_until, number_until in (
        ({"content_days": 7}, 6, 89),
        ({"number_days": 5}, 4, 4),
        ({"content_days": 2, "number_days": 5}, 1, 4),
        ({"content_days": 400, "number_days": 400}, 29, 89),
        ({"number_days": 0}, None, None),
    ):
        sent = program.send(**asked)
        told = [sent["text_kept_until"], sent["number_kept_until"]]
        assert told == [
            None if days is None else f"{today + timedelta(days=days)}" for days in (text_until, number_until)
        ], asked


def test_the_same_twice_is_one_too_many_whatever_days_it_asks_for(program: Program) -> None:
    body = {"to": "+447700900123", "text": "once"}
    program.call("POST", "messages", body, status=202)
    refused = program.call("POST", "messages", body | {"number_days": 3}, status=422)
    assert refused["type"] == "/problems/duplicate-message"


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"text": "x"}, 422, "/to"),
        ({"to": "+447700900123"}, 422, "/text"),
        ({"to": "+447700900123", "text": ""}, 422, "/text"),
        ({"to": "+447700900123,+447700900124", "text": "x"}, 422, "/to"),
        ({"to": "abc", "text": "x"}, 422, "/to"),
        ({"to": "+447700900123", "text": "x", "from": "no@sender"}, 422, "/from"),
        ({"to": "+447700900123", "text": "x", "content_days": -1}, 422, "/content_days"),
        ({"to": "+447700900123", "text": "x", "content_days": "many"}, 422, "/content_days"),
        ({"to": "+447700900123", "text": "x", "number_days": 401}, 422, "/number_days"),
        ({"to": "+447700900123", "text": "x", "txet": "y"}, 422, "/txet"),
        ({"to": "+447700900123", "text": "x" * 40_000}, 422, "/text"),
        ({"messages": []}, 422, "/messages"),
        ({"messages": [{"to": "+447700900123", "text": "x"}] * 101}, 422, "/messages"),
        ({"messages": [{"to": "+447700900123"}]}, 422, "/messages/0/text"),
        ({"messages": ["x"]}, 422, "/messages/0"),
        ({"messages": "x"}, 422, "/messages"),
        ([], 422, ""),
        ("x", 422, ""),
    ],
)
def test_names_the_member_that_is_wrong_and_sends_nothing(
    program: Program, body: Any, status: int, pointer: str
) -> None:
    answer = program.call("POST", "messages", body, status=status)
    assert answer["errors"][0]["pointer"] == pointer
    assert stored(program.account) == 0


def test_what_is_no_json_is_a_bad_request(program: Program) -> None:
    for body in (b"{", b"\xff\xfe", b"to=1"):
        assert program.call("POST", "messages", body, status=400)["type"] == "/problems/bad-request"


def test_a_balance_that_does_not_suffice_refuses_all_and_keeps_the_money(program: Program) -> None:
    many = [{"to": f"+4477009002{place:02d}", "text": "x" * 1530} for place in range(40)]
    refused = program.call("POST", "messages", {"messages": many}, status=402)
    assert refused["type"] == "/problems/payment-required"
    assert stored(program.account) == 0
    assert program.call("GET", "balance") == {"balance": "20.00", "currency": "EUR"}


def test_lists_newest_first_page_by_page(program: Program) -> None:
    ids = [program.send()["id"] for _ in range(5)]
    page = program.call("GET", "messages?limit=2")
    seen = [row["id"] for row in page["data"]]
    while page["next"]:
        program.send()  # a new one moves nothing that is still to come
        page = program.call("GET", page["next"].removeprefix("/v1/"))
        seen += [row["id"] for row in page["data"]]
    assert seen == ids[::-1]


def test_lists_by_state_sender_and_reference(program: Program) -> None:
    wanted = program.send(client_ref="a", **{"from": "Harbour"})["id"]
    program.send(client_ref="b")
    program.decide(wanted)
    for query in ("state=delivered", "client_ref=a", "sender=Harbour"):
        assert [row["id"] for row in program.call("GET", f"messages?{query}")["data"]] == [wanted]
    for query in ("state=gone", "limit=0", "limit=101", "limit=x", "cursor=!", "first_day=x"):
        pointer = "#" + query.split("=")[0]
        answer = program.call("GET", f"messages?{query}", status=422)
        assert answer["errors"][0]["pointer"] == pointer
    program.call("GET", "messages?first_day=2026-02-02&last_day=2026-02-01", status=422)
    program.call("GET", "messages?first_day=2020-01-01", status=422)


def test_a_stranger_s_message_is_told_like_one_that_never_was(program: Program, stranger: Program) -> None:
    sent = program.send()
    for reference in (sent["id"], sent["classic_id"], NEVER, "x", "zzzzzz-zzzzzz-zzz"):
        answers = {
            (stranger.call(method, f"messages/{reference}", status=404)["detail"])
            for method in ("GET", "DELETE")
        }
        assert len(answers) == 1
    assert stored(program.account) == 1
    assert stranger.call("GET", "messages")["data"] == []


def test_erases_a_message_and_keeps_what_it_cost(program: Program) -> None:
    sent = program.send()
    assert (
        program.call("DELETE", f"messages/{sent['id']}", status=409)["type"] == "/problems/still-on-its-way"
    )
    program.decide(sent["id"])
    program.call("DELETE", f"messages/{sent['id']}", status=204)
    program.call("GET", f"messages/{sent['id']}", status=404)
    with scope(program.account.pk, using=["sg"]):
        day = ErasedDay.objects.using("sg").get()
    assert (day.day, day.messages) == (clock.today(), 1)
    trail = AuditEvent.objects.filter(chain=program.account.pk, event="account:messages:erased").get()
    assert (trail.actor_kind, trail.actor_id, trail.data["messages"]) == ("key", program.key_id, 1)
    assert program.call("GET", "balance")["balance"] == "19.965"


def test_texts_past_their_time_are_null_and_numbers_are_not(program: Program) -> None:
    sent = program.send("+447700900123", text="hello")
    with clock.travel(by=timedelta(days=31)):
        shown = program.call("GET", f"messages/{sent['id']}")
    assert (shown["text"], shown["number"]) == (None, "+447700900123")


class TestOnce:
    """Idempotency-Key."""

    def test_the_same_request_gets_the_same_answer_marked_and_sends_once(self, program: Program) -> None:
        first = program.send(text="hello", once="k1")
        again = program.send(text="hello", once="k1")
        assert again == first
        assert program.last["Idempotency-Replayed"] == "true"
        assert stored(program.account) == 1

    def test_another_body_under_the_same_key_is_refused(self, program: Program) -> None:
        program.send(once="k1")
        refused = program.send(once="k1", status=422)
        assert refused["type"] == "/problems/key-reused"

    def test_keys_are_an_account_s_own(self, program: Program, stranger: Program) -> None:
        program.send(text="hello", once="k1")
        stranger.send(text="hello", once="k1")
        assert (stored(program.account), stored(stranger.account)) == (1, 1)

    def test_a_refusal_frees_the_key(self, program: Program) -> None:
        program.send("+999000", text="hello", once="k1", status=422)
        program.send("+447700900123", text="hello", once="k1")

    def test_while_one_is_under_way_the_other_waits(
        self, program: Program, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def meanwhile(*args: Any) -> None:
            other = program.client.generic(
                "POST",
                "/v1/messages",
                b'{"to": "+447700900123", "text": "hello"}',
                content_type="application/json",
                headers={"Authorization": f"Bearer {program.key}.{program.secret}", "Idempotency-Key": "k1"},
            )
            found.append((other.status_code, other["Retry-After"]))

        found: list[tuple[int, str]] = []
        monkeypatch.setattr(portal.counters, "wake", meanwhile)
        once = "k1"
        monkeypatch.setattr("messaging.rest.idempotency.Once.finish", lambda self, status, answer: None)
        program.call(
            "POST",
            "messages",
            b'{"to": "+447700900123", "text": "hello"}',
            status=202,
            **{"Idempotency-Key": once},
        )
        assert found == [(409, "1")]

    def test_a_day_later_the_key_is_free(self, program: Program) -> None:
        program.send(once="k1")
        with clock.travel(by=timedelta(hours=24, minutes=1)):
            program.send(once="k1")
        with scope(program.account.pk, using=["sg"]):
            assert Message.objects.using("sg").count() == 2

    @pytest.mark.parametrize("key", ["", "x" * 256])
    def test_a_key_has_one_to_255_characters(self, program: Program, key: str) -> None:
        assert program.send(once=key, status=422)["errors"][0]["pointer"] == "#Idempotency-Key"


def test_stores_neither_number_nor_text_beside_what_is_sealed(program: Program, cast: Cast) -> None:
    from django.db import connections

    program.send("+447700900123", text="secret words", once="k1")
    with scope(cast.company.pk, using=["sg"]), connections["sg"].cursor() as cursor:
        cursor.execute("SELECT row_to_json(k)::text FROM messaging_idempotencykey k")
        (row,) = cursor.fetchone()
    assert "7700900123" not in row
    assert "secret" not in row


def test_old_requests_are_forgotten(program: Program, as_role: AsRole) -> None:
    program.send(once="k1")
    with as_role("worker"):
        assert rows.run("sg", clock.today()).counts["messaging.IdempotencyKey"] == 0
        with clock.travel(by=timedelta(hours=25)):
            assert rows.run("sg", clock.today()).counts["messaging.IdempotencyKey"] == 1
