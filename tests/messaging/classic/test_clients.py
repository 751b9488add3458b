"""The classic API as its strictest and its most careless clients speak it. Keeps P-LOC-1."""

from __future__ import annotations

import io
import json
import logging
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connections

from tests.messaging.classic.conftest import IRELAND, PRICE, SINGAPORE, Wire, key_of, stored, strict

ID = re.compile(r"[0-9a-z]{6}-[0-9a-z]{6}-[0-9a-z]{3}")


def balance(wire: Wire) -> str:
    answer = wire.call("GET", "/api/balance", params=wire.credentials)
    found = json.loads(answer.content)
    assert found["currency"] == "EUR"
    assert isinstance(found["balance"], str)
    return str(found["balance"])


def test_accepts_bills_and_reports_in_the_region_of_the_host(wire: Wire) -> None:
    there = wire.send()
    here = wire.send(host=IRELAND)
    assert (there["status"], here["status"]) == ("0", "0")
    assert ID.fullmatch(there["messageid"])
    assert (stored("sg"), stored("ie")) == (1, 1)
    assert balance(wire) == "9.93"
    for answer, host in ((there, SINGAPORE), (here, SINGAPORE), (here, IRELAND)):
        told = wire.call(
            "GET", "/api/dlr", host=host, params={**wire.credentials, "messageid": answer["messageid"]}
        )
        (report,) = json.loads(told.content)
        assert report == {
            "type": "dlr",
            "messageid": answer["messageid"],
            "to": "447700900123",
            "status": 0,
            "drStatus": 0,
            "drStatuscode": "accepted",
            "drErrcode": None,
            "price": float(PRICE),
            "counts": 1,
        }


class TestCarelessClients:
    def given(self, wire: Wire, text: str) -> dict[str, str]:
        return {**wire.credentials, "from": "Harbour", "to": "447700900123", "text": text}

    def test_post_of_a_form(self, wire: Wire) -> None:
        assert strict(wire.call("POST", "/json", data=self.given(wire, "post")))["status"] == "0"

    def test_get_whose_body_carries_the_form(self, wire: Wire) -> None:
        body = urlencode(self.given(wire, "body"))
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        assert strict(wire.call("GET", "/json", content=body, headers=headers))["status"] == "0"

    def test_json_content_type_without_a_body(self, wire: Wire) -> None:
        headers = {"Content-Type": "application/json"}
        answer = wire.call("GET", "/json", params=self.given(wire, "typed"), headers=headers)
        assert strict(answer)["status"] == "0"

    def test_json_in_the_body(self, wire: Wire) -> None:
        assert strict(wire.call("POST", "/json", json=self.given(wire, "json")))["status"] == "0"

    @pytest.mark.parametrize("to", ["+447700900123", "00447700900123", "44 7700 900123", " 447700900123 "])
    def test_a_number_in_every_dress(self, wire: Wire, to: str) -> None:
        assert wire.send(to=to)["status"] == "0"

    @pytest.mark.parametrize("sender", [None, ""])
    def test_no_sender_means_the_account_s_own(self, wire: Wire, sender: str | None) -> None:
        assert wire.send(**{"from": sender})["status"] == "0"

    def test_several_recipients_one_message_each(self, wire: Wire) -> None:
        answer = wire.send(to="447700900123, +447700900124,,447700900123")
        ids = answer["messageids"].split(",")
        assert answer["messageid"] == ids[0]
        assert len(ids) == len(set(ids)) == 2
        assert stored("sg") == 2

    @pytest.mark.parametrize("path", ["/json/", "/json"])
    def test_a_slash_at_the_end_is_no_matter(self, wire: Wire, path: str) -> None:
        answer = wire.call("GET", path, params=self.given(wire, path))
        assert strict(answer)["status"] == "0"

    def test_texts_of_every_language_and_of_none(self, wire: Wire) -> None:
        for text in ("Ünïcode", "您好", "🙂" * 3, "a&b=c%", "line\nbreak", "nul\x00"):
            assert wire.send(text=text)["status"] == "0", text


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"key": None}, "2"),
        ({"secret": None}, "2"),
        ({"to": None}, "2"),
        ({"text": None}, "2"),
        ({"text": ""}, "2"),
        ({"to": ","}, "2"),
        ({"key": "nobody"}, "4"),
        ({"secret": "wrong"}, "4"),
        ({"secret": "x" * 5000}, "4"),
        ({"to": "abc"}, "6"),
        ({"to": "12"}, "6"),
        ({"to": "447700900123,abc"}, "6"),
        ({"to": ",".join(f"4477009{number:05d}" for number in range(101))}, "6"),
        ({"from": "TooLongSender"}, "7"),
        ({"from": "no@chars"}, "7"),
        ({"from": "1234567890123456"}, "7"),
    ],
)
def test_each_wrong_parameter_has_its_code_and_stores_nothing(
    wire: Wire, changes: dict[str, Any], code: str
) -> None:
    assert wire.send(**changes)["status"] == code
    assert (stored("sg"), balance(wire)) == (0, "10.00")


def test_an_address_not_on_the_key_s_list_is_code_5(wire: Wire) -> None:
    key = key_of(wire.account, ip_allow=["198.51.100.0/24"])
    assert wire.send(key=key.key.key, secret=key.secret)["status"] == "5"
    fits = key_of(wire.account, ip_allow=["192.0.2.0/24"])
    assert wire.send(key=fits.key.key, secret=fits.secret)["status"] == "0"


def test_a_key_without_the_scope_is_no_key(wire: Wire) -> None:
    key = key_of(wire.account, scopes=["balance:read"])
    assert wire.send(key=key.key.key, secret=key.secret)["status"] == "4"


def test_the_same_text_to_the_same_number_within_three_seconds_is_code_8(wire: Wire) -> None:
    assert wire.send(text="again")["status"] == "0"
    assert wire.send(text="again")["status"] == "8"
    assert wire.send(text="again", to="447700900124")["status"] == "0"


def test_what_the_balance_does_not_cover_is_code_9(wire: Wire) -> None:
    body = {**wire.credentials, "from": "Harbour", "to": "447700900123", "text": "x" * 153 * 250}
    assert strict(wire.call("POST", "/json", data=body))["status"] == "0"  # 8.75 EUR
    assert strict(wire.call("POST", "/json", data={**body, "text": "y" * 153 * 250}))["status"] == "9"
    assert balance(wire) == "1.25"


def test_a_body_too_large_is_413(wire: Wire) -> None:
    assert wire.call("POST", "/json", content=b"x" * 70_000).status_code == 413
    assert wire.call("POST", "/api/balance", content=b"x" * 2_000_000).status_code == 413


def test_other_methods_send_nothing(wire: Wire) -> None:
    params = {**wire.credentials, "to": "447700900123", "text": "x", "from": "Harbour"}
    for method in ("HEAD", "OPTIONS", "PUT", "DELETE"):
        assert wire.call(method, "/json", params=params).status_code == 405
    prefetch = wire.call("GET", "/json", params=params, headers={"Sec-Purpose": "prefetch"})
    assert prefetch.status_code == 403
    assert stored("sg") == 0


def test_an_id_of_another_account_is_told_like_one_of_nobody(wire: Wire, other: Wire) -> None:
    sent = wire.send()["messageid"]
    answers = {
        other.call("GET", "/api/dlr", params={**other.credentials, "messageid": name}).content
        for name in (sent, "015bd4-d6dfa7-58w", "no-id", "%00", "x" * 500)
    }
    assert len(answers) == 1
    (report,) = json.loads(answers.pop())
    assert report["drStatuscode"] == "unknown"


@pytest.mark.parametrize(
    ("code", "number", "answer"),
    [
        ("44", "7700900123", "true"),
        ("+44", "07700 900123", "true"),
        ("44", "1", "false"),
        ("999", "1", "false"),
    ],
)
def test_whether_a_number_is_well_formed(wire: Wire, code: str, number: str, answer: str) -> None:
    params = {**wire.credentials, "countryCode": code, "nationalNumber": number}
    assert wire.call("GET", "/api/validnumber", params=params).text == answer


@pytest.mark.parametrize("path", ["/api/dlr", "/api/balance", "/api/validnumber"])
def test_the_other_calls_refuse_by_code_with_http_200(wire: Wire, path: str) -> None:
    more = {"messageid": "x", "countryCode": "44", "nationalNumber": "7700900123"}
    for credentials, code in (({}, "2"), ({"key": "nobody", "secret": "x"}, "4")):
        answer = wire.call("GET", path, params={**credentials, **more})
        assert strict(answer)["status"] == code


def test_secrets_numbers_and_texts_never_reach_a_log(wire: Wire) -> None:
    (console,) = [
        handler for handler in logging.getLogger().handlers if type(handler) is logging.StreamHandler
    ]
    told = io.StringIO()
    before = console.setStream(told)
    try:
        wire.send(text="do not tell")
        wire.send(to="abc", text="do not tell")
        wire.send(secret="wrong-secret")
        wire.call("GET", "/api/nothing", params={**wire.credentials, "to": "447700900123"})
    finally:
        console.setStream(before)
    assert "/api/nothing" in told.getvalue()
    for hidden in (wire.key.secret, "wrong-secret", "do not tell", "7700900123"):
        assert hidden not in told.getvalue()


def test_a_region_that_is_down_is_code_11_and_others_go_on(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "2")
    for settings in (connections.settings["ie"], connections["ie"].settings_dict):
        monkeypatch.setitem(settings, "HOST", "/nonexistent")
    connections["ie"].close()
    refused = wire.call(
        "GET",
        "/json",
        host=IRELAND,
        params={**wire.credentials, "from": "Harbour", "to": "447700900123", "text": "down"},
    )
    assert strict(refused)["status"] == "11"
    assert refused.headers["retry-after"] == "1"
    assert wire.send()["status"] == "0"
    monkeypatch.undo()
    assert (stored("sg"), stored("ie")) == (1, 0)
