"""Passkeys and security keys with the browser's own ceremony, on a virtual authenticator."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk, Sit

pytestmark = pytest.mark.browser


def authenticator(desk: Desk) -> None:
    """A platform authenticator that keeps keys and knows its owner's finger."""
    channel = desk.context.new_cdp_session(desk.page)
    channel.send("WebAuthn.enable", {"enableUI": False})
    channel.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )


def register(desk: Desk, user: dict[str, str], name: str, *, alone: bool) -> Page:
    page = desk.open("/accounts/2fa/webauthn/add/")
    desk.confirm(user)
    page.get_by_label("Name").fill(name)
    box = page.get_by_label("Sign in with it alone, without a password")
    box.set_checked(alone)
    desk.check()
    page.get_by_role("button", name="Register it").click()
    page.wait_for_url(lambda url: "/add/" not in url)
    return page


def sign_out(page: Page, url: str) -> None:
    page.goto(url + "/accounts/logout/")
    page.locator("main").get_by_role("button", name="Sign out").click()
    expect(page).to_have_title(re.compile("^Sign in"))


def remove_all(desk: Desk, user: dict[str, str]) -> None:
    while True:
        page = desk.open("/accounts/2fa/webauthn/")
        desk.confirm(user)
        link = page.locator("main tbody").get_by_role("link", name="Remove")
        if not link.count():
            return
        link.first.click()
        desk.confirm(user)
        page.get_by_role("button", name="Remove it").click()


def test_a_passkey_signs_in_alone_and_can_be_removed(sit: Sit) -> None:
    desk = sit()
    authenticator(desk)
    user = desk.portal.user("support")
    page = desk.sign_in(user)
    page = register(desk, user, "Laptop", alone=True)
    page = desk.open("/accounts/2fa/webauthn/")
    expect(page.locator("main table")).to_contain_text("Laptop")
    expect(page.locator("main table")).to_contain_text("Passkey")
    desk.check()
    sign_out(page, desk.portal.url)
    page = desk.open("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_title(re.compile("^Home"))
    remove_all(desk, user)
    expect(page.locator("main")).to_contain_text("None is registered yet")
    desk.check()


def test_a_security_key_is_the_second_step_after_the_password(sit: Sit) -> None:
    desk = sit()
    authenticator(desk)
    user = desk.portal.user("developer")
    page = desk.sign_in(user)
    register(desk, user, "Key ring", alone=False)
    sign_out(page, desk.portal.url)
    page.get_by_label("Email address").fill(user["email"])
    page.get_by_label("Password").fill(user["password"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("main")).to_contain_text("passkey or security key")
    desk.check()
    page.get_by_role("button", name="Use a passkey or security key").click()
    expect(page).to_have_title(re.compile("^Home"))
    remove_all(desk, user)
