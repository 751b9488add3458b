"""Every public page for visitors, and what each must say."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings

from messaging.accept.codes import TEXTS
from messaging.pricing.services import publish_prices
from paasoo_portal.core import clock, health
from paasoo_portal.public import reference
from privacy.catalogue.registry import catalogue
from privacy.policy.models import PolicyVersion
from privacy.subprocessors.models import SubProcessor
from tests.pages.visitor import Visitor
from tests.public.conftest import PAGES

pytestmark = pytest.mark.django_db(databases="__all__")
IDENTITY = ("PAASOO TECHNOLOGY (IRELAND) LIMITED", "675998", "IE3724088JH", "privacy@paasoo.com", "Dublin")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_for_visitors_and_says_who_we_are(nobody: Visitor, path: str) -> None:
    page = nobody.get(path)
    footer = page.texts("footer")[0]
    assert all(part in footer for part in IDENTITY), footer


def test_visitors_are_welcomed_and_the_signed_in_go_home(nobody: Visitor, alice: Visitor) -> None:
    assert nobody.sent_on(nobody.client.get("/")) == "/welcome/"
    assert alice.sent_on(alice.client.get("/welcome/")) == "/"


def test_who_has_no_sign_in_finds_the_way_to_ask(nobody: Visitor) -> None:
    """P-RGT-1."""
    assert nobody.get("/welcome/").all('footer a[href="/privacy/"]')
    ways = nobody.get("/privacy/").links()
    assert {"/privacy/ask/", "/accounts/login/?next=/privacy/", "/end-users/"} <= set(ways)
    nobody.get("/privacy/ask/")


def test_prices_are_those_in_force(nobody: Visitor) -> None:
    assert "once they are published" in nobody.get("/prices/").text
    publish_prices({("GB", ""): "0.0350", ("US", ""): "0.0075"}, effective_on=clock.today())  # type: ignore[dict-item]
    page = nobody.get("/prices/")
    assert [row.split()[0] for row in page.texts("tbody tr")] == ["United", "United"]
    assert "0.035" in page.text


def test_sub_processors_are_listed_with_the_day_that_one_ended(nobody: Visitor) -> None:
    """P-SUB-1."""
    SubProcessor.objects.filter(name="Leyun").update(ended_on=date(2026, 10, 31))
    rows = {
        name.text.strip(): [cell.text_content() for cell in (data, purpose, regions)]
        for name, data, purpose, regions in nobody.get("/sub-processors/").all("tbody tr")
    }
    assert set(rows) == {
        "AWS",
        "Azure",
        "China Mobile International",
        "China Telecom Global",
        "Google Cloud",
        "Huawei Cloud",
        "Leyun",
        "Scalegrid",
    }
    assert rows["Azure"] == [
        "data in voice communications",
        "text to speech, for customers who use it",
        "Singapore, Ireland",
    ]
    assert "until 31 October 2026" in nobody.get("/sub-processors/").text


class TestPolicy:
    def test_the_table_is_the_catalogue_s(self, nobody: Visitor) -> None:
        text = nobody.get("/policy/").text
        for entry in catalogue().entries():
            if entry.personal:
                assert entry.retention is not None
                assert entry.retention.text in text
                assert all(purpose.text in text for purpose in entry.purposes)

    def test_earlier_versions_stay_and_say_that_they_are_over(self, nobody: Visitor) -> None:
        first = PolicyVersion.objects.get(language="en")
        PolicyVersion.objects.create(
            number="2026-12",
            effective_on=clock.today(),
            published_at=clock.now(),
            text="# New\n\nText.",
            changes="Another word",
        )
        assert "Version 2026-12" in nobody.get("/policy/").text
        earlier = nobody.get(f"/policy/{first.number}/")
        assert "not the version in force" in earlier.text
        assert "Another word" in earlier.text

    def test_drafts_and_the_future_are_not_in_force(self, nobody: Visitor) -> None:
        PolicyVersion.objects.create(number="2027-01", effective_on=clock.today(), text="Draft")
        assert "Draft" not in nobody.get("/policy/").text
        nobody.get("/policy/2027-01/", status=404)
        nobody.get("/policy/nonsense/", status=404)


class TestStatus:
    def parts(self, **changes: bool) -> dict[str, dict[str, bool]]:
        names = ["database.default", "broker", "beat"]
        names += [f"{part}.{alias}" for alias in settings.TRAFFIC_ALIASES for part in ("database", "vault")]
        return {name: {"ok": changes.get(name.replace(".", "_"), True)} for name in names}

    def test_all_well(self, nobody: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(health, "parts", self.parts)
        page = nobody.get("/status/")
        assert "Everything works." in page.text
        assert page.texts(".tag") == ["Works"] * 7

    def test_a_region_that_is_down_is_named_alone(
        self, nobody: Visitor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(health, "parts", lambda: self.parts(vault_ie=False))
        page = nobody.get("/status/")
        down = [row for row in page.texts("tbody tr") if "Disturbed" in row]
        # The tests fold both regions onto one database.
        assert down == ["IndiaDisturbed", "IrelandDisturbed"]
        assert "Everything works." not in page.text


class TestReference:
    def test_every_call_and_every_code_is_there(self, nobody: Visitor) -> None:
        described = json.loads((Path(settings.BASE_DIR) / "docs/openapi.json").read_text())
        overview = nobody.get("/docs/api/")
        for path, methods in described["paths"].items():
            for method, operation in methods.items():
                where = f"/docs/api/{operation['operationId']}/"
                assert where in overview.links()
                assert f"{method.upper()} {path}" in nobody.get(where).text
        nobody.get("/docs/api/no-such-call/", status=404)
        page = nobody.get("/docs/api/classic/")
        told = {
            tuple(row.text_content() for row in line[:2]) for line in page.all("tbody tr") if len(line) == 3
        }
        assert {(str(int(code)), text) for code, text in TEXTS.items()} <= told

    def test_each_call_names_its_members(self) -> None:
        send = next(one for one in reference.operations() if one.name == "sendMessages")
        assert {"to", "from", "text", "messages"} <= {value.name for value in send.body}
        assert send.answers[0].status == "202"
        assert send.answers[0].members
        assert "+447700900123" in send.example
