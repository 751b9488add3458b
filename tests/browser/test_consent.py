"""What the browser keeps, in each state of consent: nothing undeclared, nothing early; and two buttons that weigh the same (P-CAT-3)."""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, WIDE, Desk, Sit
from tests.browser.test_every_page import OPEN

pytestmark = pytest.mark.browser
SIGNED_IN = ["/", "/messages/", "/send/", "/retention/", "/privacy/", "/profile/", "/api-keys/", "/webhooks/"]
DAYS = 86_400
SESSION, CSRF, LANGUAGE = (
    settings.SESSION_COOKIE_NAME,
    settings.CSRF_COOKIE_NAME,
    settings.LANGUAGE_COOKIE_NAME,
)
# Longest life of each, as the settings page declares it.
LONGEST = {SESSION: 12 * 3600, CSRF: 366 * DAYS, "choices": 184 * DAYS, "visit": 184 * DAYS}
LONGEST[LANGUAGE] = 366 * DAYS


def declared(desk: Desk, title: str) -> set[str]:
    """The names in the tables of the settings page whose heading has those words."""
    page = desk.open("/cookies/")
    tables = page.locator("main table", has=page.locator("caption", has_text=title))
    return {name.strip() for name in tables.locator("tbody th").all_inner_texts()}


def crawl(desk: Desk, paths: list[str]) -> dict[str, Any]:
    """Every cookie after a walk, by name. Nothing else may be kept, and nobody else asked for anything."""
    hosts: set[str] = set()
    desk.page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    for path in paths:
        desk.open(path)
        kept = desk.page.evaluate(
            "async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, "
            "(await caches.keys()).length, (await navigator.serviceWorker.getRegistrations()).length]"
        )
        assert kept == [0, 0, 0, 0, 0], (path, kept)
    assert hosts <= {urlsplit(desk.portal.url).netloc}, hosts
    found = {cookie["name"]: cookie for cookie in desk.context.cookies()}
    for name, cookie in found.items():
        assert cookie["sameSite"] == "Lax", name
        assert cookie["expires"] - time.time() <= LONGEST[name], name
        assert cookie["httpOnly"], name
    return found


def answer(desk: Desk, name: str) -> None:
    desk.open("/welcome/")
    desk.page.get_by_role("button", name=name).click()
    expect(desk.page.get_by_role("button", name=name)).to_have_count(0)


def test_before_anybody_chose_the_public_pages_keep_nothing_at_all(sit: Sit) -> None:
    desk = sit()
    quiet = [
        path
        for path in OPEN
        if not path.startswith(("/accounts/", "/privacy/ask", "/cookies", "/certificates/check"))
    ]
    assert crawl(desk, quiet) == {}
    assert set(crawl(desk, OPEN)) <= declared(desk, "Needed")


def test_signing_in_before_a_choice_keeps_what_is_needed_alone(sit: Sit) -> None:
    desk = sit()
    needed = declared(desk, "Needed")
    desk.sign_in(desk.portal.user("developer"))
    assert set(crawl(desk, SIGNED_IN)) == {SESSION, CSRF} <= needed


def test_a_no_is_kept_and_nothing_optional_comes(sit: Sit) -> None:
    desk = sit()
    answer(desk, "No, do not")
    assert set(crawl(desk, OPEN)) == {"choices", CSRF}
    desk.sign_in(desk.portal.user("developer"))
    assert set(crawl(desk, SIGNED_IN)) == {"choices", CSRF, SESSION}


def test_a_yes_lets_come_what_was_declared_and_taking_it_back_removes_it(sit: Sit) -> None:
    desk = sit()
    needed, optional = declared(desk, "Needed"), declared(desk, "Only with your yes")
    assert not needed & optional
    answer(desk, "Yes, count")
    found = set(crawl(desk, OPEN))
    assert found == {"choices", CSRF, "visit"} <= needed | optional
    assert "visit" in optional
    page = desk.open("/cookies/")
    page.get_by_label("No", exact=True).check()
    page.get_by_role("button", name="Save my choice").click()
    expect(page.get_by_role("status").first).to_contain_text("Your choice is saved")
    assert {"choices", CSRF} <= set(crawl(desk, OPEN)) <= needed


def test_choosing_a_language_keeps_the_language_alone(sit: Sit) -> None:
    desk = sit()
    desk.open("/welcome/").get_by_role("link", name="简体中文").click()
    expect(desk.page.locator("html")).to_have_attribute("lang", "zh-Hans")
    assert set(crawl(desk, ["/prices/", "/policy/"])) == {LANGUAGE} <= declared(desk, "")
    desk.check()


def test_the_global_privacy_control_is_a_no_whatever_was_clicked(sit: Sit) -> None:
    desk = sit(extra_http_headers={"Sec-GPC": "1"})
    assert "visit" not in crawl(desk, OPEN)
    assert desk.open("/welcome/").get_by_role("button", name="Yes, count").count() == 0
    expect(desk.open("/cookies/").locator("main")).to_contain_text("Global Privacy Control")


@pytest.mark.parametrize(("size", "dark"), [(WIDE, False), (WIDE, True), (NARROW, False), (NARROW, True)])
def test_the_two_buttons_weigh_the_same(sit: Sit, size: tuple[int, int], dark: bool) -> None:
    desk = sit(size=size, dark=dark)
    page = desk.open("/welcome/")
    buttons = [page.get_by_role("button", name=re.compile(name)) for name in ("^Yes", "^No")]
    boxes = [button.bounding_box() for button in buttons]
    assert all(boxes)
    assert {(round(box["width"]), round(box["height"])) for box in boxes if box} == {
        (round(boxes[0]["width"]), round(boxes[0]["height"]))  # type: ignore[index]
    }
    styles = [
        button.evaluate(
            "one => { const s = getComputedStyle(one); return [s.color, s.backgroundColor, s.backgroundImage, "
            "s.borderColor, s.borderWidth, s.fontSize, s.fontWeight, s.padding, s.boxShadow, s.opacity, "
            "s.textDecorationLine] }"
        )
        for button in buttons
    ]
    assert styles[0] == styles[1]
    # Neither has the focus, nor is either further away: one press of Tab lies between them.
    assert page.evaluate("document.activeElement === document.body")
    buttons[0].focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.value") == "no"
