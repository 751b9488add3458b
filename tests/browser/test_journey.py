"""The telling journey: sign in, send, see it delivered, shorten retention, take it back, sign out."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, Desk, Sit

# One after the other on one portal, since one of them moves its clock.
pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journey")]


def send(desk: Desk, text: str) -> None:
    page = desk.open("/send/")
    page.get_by_label("To").fill("+44 7700 900100")
    page.get_by_label("Text", exact=True).fill(text)
    page.get_by_role("button", name="Check it").click()
    expect(page).to_have_title(re.compile("^Check before you send"))
    page.get_by_role("button", name="Send it").click()
    expect(page).to_have_title(re.compile("^Your message is accepted"))


def test_from_sign_in_to_delivered_to_retention(sit: Sit) -> None:
    desk = sit()
    administrator = desk.portal.user("administrator")
    page = desk.sign_in(administrator, alone=True)
    desk.check()
    send(desk, "A journey by browser")
    desk.check()
    page.get_by_role("link", name="Follow the message").click()
    expect(page.locator(".timeline")).to_contain_text("Delivered", timeout=30_000)
    expect(page.locator("main")).to_contain_text("A journey by browser")
    expect(page.locator("main")).to_contain_text("then erased")
    desk.check()
    shorten_and_take_back(desk, administrator)
    page.get_by_text(re.compile("^Maya|@")).first.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_title(re.compile("^Sign in"))


def test_the_same_without_script_on_a_small_screen(sit: Sit) -> None:
    desk = sit(size=NARROW, script=False)
    administrator = desk.portal.user("administrator")
    page = desk.sign_in(administrator)
    send(desk, "A journey without script")
    page.get_by_role("link", name="Follow the message").click()
    for _ in range(20):
        if "Delivered" in page.locator(".timeline").inner_text():
            break
        page.wait_for_timeout(500)
        page.get_by_role("link", name="Refresh").click()
    expect(page.locator(".timeline")).to_contain_text("Delivered")
    shorten_and_take_back(desk, administrator)


def test_the_keyboard_alone_signs_in_and_sends(sit: Sit) -> None:
    desk = sit()
    user = desk.portal.user("developer")
    page = desk.open("/accounts/login/")
    keys = page.keyboard
    tab_to(desk, "#id_login")
    keys.type(user["email"])
    keys.press("Tab")
    keys.type(user["password"])
    keys.press("Enter")
    page.wait_for_url(desk.portal.url + "/")
    tab_to(desk, "main a[href='/send/']")
    keys.press("Enter")
    page.wait_for_url("**/send/")
    tab_to(desk, "#id_to")
    keys.type("+447700900100")
    tab_to(desk, "#id_text")
    keys.type("By keyboard")
    tab_to(desk, "button[value=check]")
    keys.press("Enter")
    expect(page).to_have_title(re.compile("^Check before you send"))
    tab_to(desk, "button[value=send]")
    keys.press("Enter")
    expect(page).to_have_title(re.compile("^Your message is accepted"))


def test_after_its_days_the_text_is_gone_and_the_number_stays(sit: Sit) -> None:
    desk = sit()
    page = desk.sign_in(desk.portal.user("administrator"))
    send(desk, "Gone in a month")
    page.get_by_role("link", name="Follow the message").click()
    path = page.url.removeprefix(desk.portal.url)
    expect(page.locator("main")).to_contain_text("Gone in a month")
    with desk.portal.later(31 * 86400):
        page = desk.open(path)
        expect(page.locator("main")).to_contain_text("Erased")
        expect(page.locator("main")).to_contain_text("+447700900100")
        assert "Gone in a month" not in page.content()
        desk.check()


def test_what_is_typed_is_counted_as_the_server_counts(sit: Sit) -> None:
    from messaging.encoding.segments import analyse

    desk = sit()
    desk.sign_in(desk.portal.user("administrator"))
    page = desk.open("/send/")
    samples = [
        "a",
        "a" * 160,
        "a" * 161,
        "€" * 80,
        "€" * 81,
        "[" + "a" * 305 + "]",
        "你" * 70,
        "你" * 71,
    ]
    samples += [
        "😀" * 35,
        "😀" * 36,
        "a" * 66 + "😀" + "a" * 10,
        "ç",
        "Ç",
        "line\nbreak",
        "\\^{}~|",
    ]
    for text in samples:
        page.locator("#id_text").fill(text)
        found = analyse(text)
        said = page.locator("[data-count]").inner_text()
        numbers = [int(number) for number in re.findall(r"\d+", said)[:2]]
        assert numbers == [found.segments, found.units], (text[:12], said)
        assert ("UCS-2" in said) == bool(found.encoding), said


def test_a_new_secret_can_be_copied(sit: Sit) -> None:
    desk = sit(permissions=["clipboard-read", "clipboard-write"])
    desk.sign_in(desk.portal.user("administrator"))
    page = desk.open("/api-keys/new/")
    page.get_by_label("Name").fill("Browser test")
    page.get_by_role("button", name="Make the key").click()
    secret = page.locator("#secret").inner_text()
    page.get_by_role("button", name="Copy the secret").click()
    expect(page.get_by_role("status")).to_contain_text("copied")
    assert page.evaluate("navigator.clipboard.readText()") == secret
    desk.check()


def shorten_and_take_back(desk: Desk, administrator: dict[str, str]) -> None:
    page = desk.open("/retention/")
    page.get_by_role("link", name="Change Recordings").click()
    page.get_by_label("Days to keep").fill("7")
    page.get_by_role("button", name="See what would happen").click()
    expect(page).to_have_title(re.compile("^Check the change"))
    page.get_by_role("button", name="Keep less, as shown").click()
    desk.confirm(administrator)
    if page.get_by_role("button", name="Keep less, as shown").count():
        page.get_by_role("button", name="Keep less, as shown").click()
    expect(page.locator("main")).to_contain_text("Until then the change can be cancelled")
    page.get_by_role("button", name="Cancel the change").click()
    expect(page.get_by_role("status").first).to_contain_text("The change is cancelled")


def tab_to(desk: Desk, css: str) -> None:
    """Press Tab until the element has the focus, and see that the focus can be seen."""
    for _ in range(60):
        desk.page.keyboard.press("Tab")
        if desk.page.evaluate("css => document.activeElement?.matches(css)", css):
            width = desk.page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
            assert width >= 3
            return
    raise AssertionError(f"Tab never reached {css}")
