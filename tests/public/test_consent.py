"""Cookies: nothing optional early, proof of each choice, withdrawal that erases. P-CON-1, P-CON-2, P-CON-3, P-POL-2, P-RET-3."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings

from paasoo_portal.core import clock
from privacy.consent import register
from privacy.consent.choices import read
from privacy.consent.models import ConsentRecord, PageVisit
from privacy.retention import rows
from tests.pages.conftest import Cast
from tests.pages.visitor import Visitor
from tests.public.conftest import PAGES

pytestmark = pytest.mark.django_db(databases="__all__")
Choose = Callable[..., None]
DECLARED = {cookie.name for cookie in register.cookies()}
NEEDED = {cookie.name for cookie in register.cookies() if cookie.purpose is None}


def crawl(visitor: Visitor) -> set[str]:
    """Open every page; the names of the cookies held afterwards."""
    for path in PAGES:
        visitor.get(path)
    return {name for name, morsel in visitor.client.cookies.items() if morsel.value}


def test_before_a_choice_nothing_optional_is_set_or_counted(nobody: Visitor) -> None:
    assert crawl(nobody) <= NEEDED - {register.CHOICE_COOKIE}
    assert not PageVisit.objects.exists()
    assert not ConsentRecord.objects.exists()
    assert nobody.get("/welcome/").all("form.consent")


def test_after_a_no_it_stays_so_and_nobody_asks_again(nobody: Visitor, choose: Choose) -> None:
    choose("no")
    assert crawl(nobody) <= NEEDED
    assert not PageVisit.objects.exists()
    assert not nobody.get("/welcome/").all("form.consent")
    (proof,) = ConsentRecord.objects.all()
    assert (proof.decision, proof.purpose, proof.how) == ("refused", "statistics", "banner")
    assert proof.visitor_id is None


def test_after_a_yes_pages_are_counted_under_a_random_number(nobody: Visitor, choose: Choose) -> None:
    choose("yes")
    assert crawl(nobody) <= DECLARED
    (proof,) = ConsentRecord.objects.all()
    assert proof.decision == "granted"
    assert proof.text_version == register.TEXT_VERSION
    assert proof.until == clock.today() + timedelta(days=182)
    counted = PageVisit.objects.get(page="prices")
    assert (counted.times, counted.visitor_id) == (1, proof.visitor_id)
    assert not PageVisit.objects.filter(page__contains="/").exists()


def test_withdrawal_is_as_easy_and_erases_what_was_counted(nobody: Visitor, choose: Choose) -> None:
    choose("yes")
    crawl(nobody)
    assert nobody.post_on("/cookies/", {"statistics": "no"}) == "/cookies/?saved=1"
    assert not PageVisit.objects.exists()
    page = nobody.get("/cookies/", {"saved": "1"})
    assert "Your choice is saved" in page.text
    assert not nobody.client.cookies[register.VISIT_COOKIE].value
    crawl(nobody)
    assert not PageVisit.objects.exists()
    assert [proof.decision for proof in ConsentRecord.objects.order_by("at")] == ["granted", "withdrawn"]


def test_the_settings_start_at_no_and_keep_a_choice(nobody: Visitor) -> None:
    assert nobody.get("/cookies/").values() == {"statistics": "no"}
    nobody.post_on("/cookies/", {"statistics": "yes"})
    assert nobody.get("/cookies/").values() == {"statistics": "yes"}
    assert "Your choice is saved" in nobody.get("/cookies/", {"saved": "1"}).text
    assert settings.SESSION_COOKIE_NAME not in nobody.client.cookies, "who did not sign in needs none"
    assert "Choose yes or no" in nobody.post("/cookies/", {}).texts(".error-summary")[0]


def test_the_browser_s_signal_is_a_no_to_everything(nobody: Visitor, choose: Choose) -> None:
    signal = {"Sec-GPC": "1"}
    page = nobody.client.get("/welcome/", headers=signal)
    assert b'class="consent"' not in page.content
    page = nobody.client.get("/cookies/", headers=signal)
    assert "Global Privacy Control" in page.content.decode()
    choose("yes", **signal)
    assert ConsentRecord.objects.get().decision == "refused"
    nobody.client.get("/prices/", headers=signal)
    assert not PageVisit.objects.exists()


def test_a_signal_that_comes_later_stops_the_counting_at_once(nobody: Visitor, choose: Choose) -> None:
    choose("yes")
    nobody.get("/policy/")
    before = {name: cookie.value for name, cookie in nobody.client.cookies.items()}
    assert PageVisit.objects.exists()
    page = nobody.client.get("/prices/", headers={"Sec-GPC": "1"})
    assert page.cookies["visit"]["max-age"] == 0
    assert not PageVisit.objects.exists(), "what stood on the consent goes with it"
    proof = ConsentRecord.objects.latest("at")
    assert (proof.decision, proof.how) == ("withdrawn", "signal")
    nobody.client.cookies.load(before)
    nobody.client.get("/prices/", headers={"Sec-GPC": "1"})
    assert ConsentRecord.objects.count() == 2, "once, also when the former cookies come again"
    assert nobody.get("/cookies/").values() == {"statistics": "no"}
    assert not PageVisit.objects.exists(), "a signal that ends gives no consent"


def test_a_form_sent_with_the_signal_takes_back_once(nobody: Visitor, choose: Choose) -> None:
    choose("yes")
    choose("yes", **{"Sec-GPC": "1"})
    decisions = list(ConsentRecord.objects.order_by("at").values_list("decision", "how"))
    assert decisions == [("granted", "banner"), ("withdrawn", "signal"), ("refused", "banner")]
    assert nobody.get("/cookies/").values() == {"statistics": "no"}


def test_the_signal_s_own_address(nobody: Visitor) -> None:
    answer = nobody.client.get("/.well-known/gpc.json")
    assert answer["Content-Type"] == "application/json"
    assert answer.json()["gpc"] is True


def test_after_six_months_we_ask_again(nobody: Visitor, choose: Choose) -> None:
    choose("yes")
    with clock.travel(by=timedelta(days=182)):
        assert not nobody.get("/welcome/").all("form.consent")
    with clock.travel(by=timedelta(days=183)):
        PageVisit.objects.all().delete()
        assert nobody.get("/welcome/").all("form.consent")
        assert not PageVisit.objects.exists()


def test_another_text_asks_again(nobody: Visitor, choose: Choose, monkeypatch: pytest.MonkeyPatch) -> None:
    choose("yes")
    value = nobody.client.cookies[register.CHOICE_COOKIE].value
    visit = nobody.client.cookies[register.VISIT_COOKIE].value
    assert read(value, visit) is not None
    assert read(value.replace(register.TEXT_VERSION, "2020-01"), visit) is None


@pytest.mark.parametrize(
    "value", ["", "x", "..", "2026-11.20990101.1", "2026-11.20261301.1", "2026-11.20261130.11"]
)
def test_a_cookie_that_is_not_ours_is_no_choice(value: str) -> None:
    assert read(value, "0" * 32) is None


def test_another_site_cannot_choose_for_a_visitor(nobody: Visitor) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}):
        answer = nobody.client.post("/cookies/choice/", {"answer": "yes"}, headers=headers)
        assert nobody.sent_on(answer) == "/cookies/"
    assert not ConsentRecord.objects.exists()


@pytest.mark.parametrize(
    "then", ["https://evil.example/", "//evil.example", "javascript:x", "-1", "home", "a\0b", ""]
)
def test_the_way_back_stays_here(nobody: Visitor, then: str) -> None:
    answer = nobody.client.post(
        "/cookies/choice/", {"answer": "no", "next": then}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert answer["Location"] == "/"


def test_the_signed_in_see_their_history(cast: Cast, alice: Visitor) -> None:
    alice.post_on("/cookies/", {"statistics": "yes"})
    alice.post_on("/cookies/", {"statistics": "no"})
    page = alice.get("/cookies/")
    history = [row for row in page.texts("tbody tr") if register.TEXT_VERSION in row]
    assert [("Withdrawn" in row, "Granted" in row) for row in history] == [(True, False), (False, True)]
    assert set(ConsentRecord.objects.values_list("person_id", flat=True)) == {cast.alice.pk}


def test_visits_go_after_two_years_and_proofs_seven_after_the_choice(
    nobody: Visitor, choose: Choose, as_role: Callable[[str], object]
) -> None:
    choose("yes")
    nobody.get("/prices/")
    with clock.travel(by=timedelta(days=731)), as_role("worker"):  # type: ignore[attr-defined]
        assert rows.run("default", clock.today()).counts["privacy.ConsentRecord"] == 0
    assert not PageVisit.objects.exists()
    with clock.travel(by=timedelta(days=182 + 2558)), as_role("worker"):  # type: ignore[attr-defined]
        assert rows.run("default", clock.today()).counts["privacy.ConsentRecord"] == 1
