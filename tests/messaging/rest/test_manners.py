"""REST v1: who may do what, how fast, and that every answer is JSON that says what to do."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from drf_spectacular.generators import SchemaGenerator

from accounts.api_keys.scopes import KeyScope
from messaging.rest import end_users, limits, problems
from paasoo_portal.core import clock
from tests.messaging.rest.conftest import ALL, Program
from tests.pages.conftest import Cast

pytestmark = pytest.mark.django_db(databases="__all__")
CALLS = {
    ("GET", "messages"): KeyScope.READ,
    ("POST", "messages"): KeyScope.SEND,
    ("GET", "messages/x"): KeyScope.READ,
    ("DELETE", "messages/x"): KeyScope.ERASE,
    ("GET", "balance"): KeyScope.BALANCE,
    ("GET", "retention"): KeyScope.RETENTION,
    ("PUT", "retention"): KeyScope.INSTRUCT,
    ("GET", "end-users/+447700900123"): KeyScope.READ,
    ("DELETE", "end-users/+447700900123"): KeyScope.ERASE,
    ("GET", "end-users/+447700900123/export"): KeyScope.READ,
}


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_a_key_needs_the_scope_of_each_method(cast: Cast, method: str, path: str) -> None:
    needed = CALLS[method, path]
    program = Program(cast.company, [one for one in ALL if one != needed])
    refused = program.call(method, path, {} if method in {"POST", "PUT"} else None, status=403)
    assert (refused["type"], refused["scope"]) == ("/problems/scope-missing", needed)


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer x",
        "Bearer .",
        "Bearer nobody.nothing",
        "Basic !",
        "Basic eA==",
        "Token a.b",
        "Bearer " + "x" * 5000,
    ],
)
def test_whatever_is_wrong_with_the_key_is_told_alike(program: Program, authorization: str) -> None:
    refused = program.call("GET", "balance", status=401, Authorization=authorization)
    assert refused["type"] == "/problems/unauthorized"
    assert program.last["WWW-Authenticate"].startswith("Bearer")


def test_basic_takes_the_same_two(program: Program) -> None:
    both = base64.b64encode(f"{program.key}:{program.secret}".encode()).decode()
    program.call("GET", "balance", Authorization=f"Basic {both}")


def test_an_address_that_is_not_on_the_list_is_refused(cast: Cast) -> None:
    program = Program(cast.company, ip_allow=["192.0.2.0/24"])
    assert program.call("GET", "balance", status=403)["type"] == "/problems/address-not-allowed"


def test_tells_the_rate_with_every_answer_and_keeps_it(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    program.call("GET", "balance")
    assert program.last["RateLimit-Policy"] == '"key";q=50;w=1'
    assert program.last["RateLimit"] == '"key";r=49;t=1'
    monkeypatch.setattr(limits, "count", lambda key_id: limits.Standing(51))
    program.call("GET", "balance", status=429)
    assert program.last["Retry-After"] == "1"
    assert program.last["RateLimit"] == '"key";r=0;t=1'


def test_what_is_no_address_is_a_problem_too(program: Program) -> None:
    for path in ("", "nothing", "messages/a/b", "balance/"):
        assert program.call("GET", path, status=404)["type"] == "/problems/not-found"
    assert program.call("PATCH", "balance", status=405)["type"] == "/problems/method-not-allowed"


def test_a_body_of_another_type_is_refused(program: Program) -> None:
    answer = program.client.post(
        "/v1/messages",
        {"to": "+447700900123"},
        headers={"Authorization": f"Bearer {program.key}.{program.secret}"},
    )
    assert answer.status_code == 415
    assert answer.json()["type"] == "/problems/unsupported-media-type"


def test_instructs_retention_with_its_grace_period(program: Program) -> None:
    content, number, recording = program.call("GET", "retention")["data"]
    assert (content["days"], number["days"], recording["days"]) == (30, 90, 30)
    told = program.call("PUT", "retention", {"data_class": "content", "days": 7})
    assert (told["days"], told["pending_days"]) == (30, 7)
    refused = program.call("PUT", "retention", {"data_class": "content", "days": 4000}, status=422)
    assert refused["errors"][0]["pointer"] == "/days"
    program.call("PUT", "retention", {"data_class": "all", "days": 7}, status=422)
    program.call("PUT", "retention", {"data_class": "number", "days": 1}, status=422)
    program.call("PUT", "retention", {"data_class": "number", "days": 1, "knowingly": True})


class TestEndUsers:
    """Everything of one number (P-WHO-3)."""

    def days(self) -> str:
        today = clock.today()
        return f"first_day={today - timedelta(days=99)}&last_day={today}"

    def test_finds_exports_and_erases_in_every_region(self, program: Program) -> None:
        ids = [program.send("+447700900123")["id"] for _ in range(2)]
        program.client.defaults["HTTP_HOST"] = "api.paasoo.eu"
        program.send("+447700900123", text="from Ireland")
        program.send("+447700900124")
        found = program.call("GET", f"end-users/+447700900123?{self.days()}")
        assert found["messages"] == 3
        assert {one["region"]: one["messages"] for one in found["regions"]} == {"sg": 2, "ie": 1}
        exported = program.call("GET", f"end-users/00447700900123/export?{self.days()}")
        assert exported["complete"] is True
        assert "from Ireland" in [one["text"] for one in exported["messages"]]
        program.decide(*ids)
        assert program.call("DELETE", f"end-users/447700900123?{self.days()}") == {
            "first_day": f"{clock.today() - timedelta(days=99)}",
            "last_day": f"{clock.today()}",
            "erased": 2,
            "left": 1,
            "exceptions": [],
        }
        assert program.call("GET", f"end-users/447700900123?{self.days()}")["messages"] == 1

    @pytest.mark.parametrize(("method", "path"), [("GET", ""), ("DELETE", ""), ("GET", "/export")])
    @pytest.mark.parametrize(
        ("query", "pointers"),
        [
            ("", {"#first_day", "#last_day"}),
            ("first_day=2026-01-01", {"#last_day"}),
            ("{days}&from=2026-01-01", {"#from"}),
            ("first_day=2025-01-01&last_day=2026-01-01", {"#first_day"}),
        ],
    )
    def test_the_days_are_named_and_nothing_is_erased_for_less(
        self, program: Program, method: str, path: str, query: str, pointers: set[str]
    ) -> None:
        """ "All" of a number must never be a week of it."""
        program.decide(program.send("+447700900123")["id"])
        asked = query.format(days=self.days())
        refused = program.call(method, f"end-users/447700900123{path}?{asked}", status=422)
        assert {one["pointer"] for one in refused["errors"]} == pointers
        assert program.call("GET", f"end-users/447700900123?{self.days()}")["messages"] == 1

    def test_what_goes_beyond_one_call_is_left_and_said(
        self, program: Program, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(end_users, "MOST", 2)
        program.decide(*[program.send("+447700900123")["id"] for _ in range(3)])
        path = f"end-users/447700900123?{self.days()}"
        for erased, left in ((2, 1), (1, 0), (0, 0)):
            told = program.call("DELETE", path)
            assert (told["erased"], told["left"]) == (erased, left)

    def test_a_number_nobody_wrote_to_is_told_like_a_stranger_s(
        self, program: Program, stranger: Program
    ) -> None:
        program.send("+447700900123")
        told = stranger.call("GET", f"end-users/+447700900123?{self.days()}")
        assert told["messages"] == 0
        other = stranger.call("GET", f"end-users/+447700900199?{self.days()}")
        assert {**told, "number": ""} == {**other, "number": ""}

    def test_what_is_no_number_is_named(self, program: Program) -> None:
        refused = program.call("GET", f"end-users/abc?{self.days()}", status=422)
        assert refused["errors"][0]["pointer"] == "#number"


def test_every_kind_of_problem_is_described_once() -> None:
    assert set(problems.OF_CODE.values()) <= set(problems.KINDS)
    assert len({kind.title for kind in problems.KINDS.values()}) == len(problems.KINDS)


def test_the_committed_description_is_the_code_s() -> None:
    """`manage.py spectacular --format openapi-json --file docs/openapi.json` writes it anew."""
    made = SchemaGenerator().get_schema(request=None, public=True)
    committed = json.loads((Path(settings.BASE_DIR) / "docs/openapi.json").read_text())
    assert json.loads(json.dumps(made, default=str)) == committed


def test_every_address_below_v1_is_described() -> None:
    made = SchemaGenerator().get_schema(request=None, public=True)
    described = {
        (method.upper(), path.removeprefix("/v1/")) for path, item in made["paths"].items() for method in item
    }
    called = {
        (method, path.replace("/x", "/{reference}").replace("+447700900123", "{number}"))
        for method, path in CALLS
    }
    assert described == called
