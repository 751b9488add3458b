"""A new company in the browser: sign up, second factor, an invitation accepted elsewhere, a copy, and the account's end."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.codes import format_hotp_value, hotp_value
from tests.browser.conftest import Desk, Sit

# One after the other on one portal, since one of them moves its clock.
pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journey")]
PASSWORD = "a long sentence of one's own"


def letters(var: Path, to: str) -> Iterator[EmailMessage]:
    """What an address was sent, newest file first."""
    for file in sorted((var / "emails").glob("*"), key=lambda one: one.stat().st_mtime, reverse=True):
        for part in file.read_bytes().split(b"\n" + b"-" * 79 + b"\n"):
            message = message_from_bytes(part.lstrip(), policy=policy.default)
            if message["To"] == to:
                yield cast(EmailMessage, message)


def mailed(var: Path, to: str, what: str) -> str:
    """The path of the newest link that an address was sent; waited for."""
    until = time.monotonic() + 15
    while time.monotonic() < until:
        for message in letters(var, to):
            body = message.get_body(("plain",))
            found = re.search(rf"https?://[^/\s]+({what}\S*)", body.get_content()) if body else None
            if found:
                return found[1]
        time.sleep(0.2)
    raise AssertionError(f"nothing with {what} was sent")


def confirm(page: Page) -> None:
    """Give the password once more where the portal asks for it."""
    if "/reauthenticate/" in page.url:
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Confirm").click()


def sign_up(desk: Desk, email: str) -> Page:
    page = desk.open("/accounts/signup/")
    page.get_by_label("Your name").fill("Grace Founder")
    page.get_by_label("Work email address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    expect(page).to_have_title(re.compile("^Check your email"))
    desk.open(mailed(desk.portal.var, email, "/accounts/confirm-email/"))
    page.locator("main form button[type=submit]").first.click()
    if "/accounts/login/" in page.url:
        page.get_by_label("Email address").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_title(re.compile("^Name your organisation"))
    desk.check()
    return page


def enrol(desk: Desk) -> None:
    page = desk.page
    expect(page).to_have_title(re.compile("^Second factor"))
    desk.check()
    page.get_by_role("link", name="Set up an app").click()
    confirm(page)
    secret = page.locator("#totp-secret").inner_text()
    desk.check()
    page.get_by_label("Code from the app").fill(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    page.get_by_role("button", name="Turn it on").click()
    expect(page).to_have_title(re.compile("^Recovery codes"))
    desk.check()
    page.get_by_role("link", name="I have kept them").click()
    expect(page).to_have_title(re.compile("^Home"))


def test_a_company_from_sign_up_to_its_end(sit: Sit) -> None:
    mark = uuid4().hex[:8]
    founder, colleague = sit(), sit()
    page = sign_up(founder, f"grace-{mark}@example.com")
    page.get_by_label("Name of your organisation").fill(f"Grace & Co {mark}")
    page.get_by_role("button", name="Open the account").click()
    enrol(founder)

    page = founder.open("/team/invite/")
    page.get_by_label("Email address").fill(f"dev-{mark}@example.com")
    page.locator("input[value=developer]").check()
    page.get_by_role("button", name="Check it").click()
    founder.check()
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.locator("main")).to_contain_text("on its way")

    other = colleague.open(mailed(founder.portal.var, f"dev-{mark}@example.com", "/invitations/"))
    colleague.check()
    other.get_by_label("Your name").fill("Devi Developer")
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Join").click()
    expect(other).to_have_title(re.compile("^Home"))
    expect(other.locator("header.bar")).to_contain_text(f"Grace & Co {mark}")
    page = founder.open("/team/")
    expect(page.locator("main")).to_contain_text("Devi Developer")
    founder.check()

    founder.open("/privacy/export/")
    page.get_by_role("button", name="Everything about me").click()
    confirm(page)
    if page.locator("text=Ready").count() == 0:
        founder.open("/privacy/export/")
        page.get_by_role("button", name="Everything about me").click()
    for _ in range(40):
        founder.open("/privacy/export/")
        if page.get_by_role("button", name="Download").count():
            break
        page.wait_for_timeout(500)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").first.click()
    assert Path(download.value.path()).read_bytes()[:2] == b"PK"

    page = founder.open("/privacy/close-account/")
    founder.check()
    page.get_by_label("Erase everything, without returning it").check()
    page.get_by_label("Type the account’s name").fill(f"Grace & Co {mark}")
    page.get_by_role("button", name="Close the account").click()
    confirm(page)
    expect(page.locator("main")).to_contain_text("closes on")
    founder.check()
    other = colleague.open("/")
    expect(other.locator("main")).to_contain_text("This account will be closed on")
