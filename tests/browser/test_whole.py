"""A company's whole life in the browser, by three kinds of hands: mouse, keyboard alone, and without script.

On a portal of its own, for the clock is moved: retention's grace and days pass, then the account's week.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.codes import format_hotp_value, hotp_value
from tests.browser.conftest import Desk
from tests.browser.hands import Hands, Keyboard, Mouse, Scriptless
from tests.browser.portal import OWN, ROOT, Portal, shared
from tests.browser.test_company import PASSWORD, letters, mailed

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("whole")]
DAY = 86_400
TEXT = "Your parcel 4711 waits"


class Life:
    """One company, and the portal it lives on."""

    def __init__(self, desk: Desk, hands: Hands) -> None:
        self.desk, self.hands = desk, hands
        self.mark = uuid4().hex[:8]
        self.name, self.email = f"Grace & Co {self.mark}", f"grace-{self.mark}@example.com"
        self.secret, self.step = "", 0

    @property
    def page(self) -> Page:
        return self.desk.page

    def button(self, name: str) -> Locator:
        return self.page.locator("main").get_by_role("button", name=name, exact=True)

    def press(self, name: str) -> None:
        self.hands.press(self.button(name))

    def follow(self, name: str) -> None:
        self.hands.press(self.page.locator("main").get_by_role("link", name=name))

    def write(self, label: str, text: str) -> None:
        self.hands.write(self.page.get_by_label(label, exact=True), text)

    def code(self) -> str:
        """The one that the app shows now; the portal takes each once."""
        while (step := int(time.time()) // 30) <= self.step:
            time.sleep(1)
        self.step = step
        return format_hotp_value(hotp_value(self.secret, step))

    def titled(self, words: str) -> None:
        expect(self.page).to_have_title(re.compile(f"^{words}"))

    def says(self, words: str) -> None:
        expect(self.page.locator("main")).to_contain_text(words)

    def check(self) -> None:
        if self.hands.script:
            self.desk.check()

    def confirm(self) -> None:
        """Give the password once more where the portal asks for it."""
        if "/reauthenticate/" in self.page.url:
            self.write("Password", PASSWORD)
            self.press("Confirm")


def sign_up(life: Life) -> None:
    life.desk.open("/accounts/signup/")
    life.write("Your name", "Grace Founder")
    life.write("Work email address", life.email)
    life.write("Password", PASSWORD)
    life.hands.press(life.page.locator("main form button[type=submit]").first)
    life.titled("Check your email")
    life.desk.open(mailed(life.desk.portal.var, life.email, "/accounts/confirm-email/"))
    life.press("Yes, confirm it")
    if "/accounts/login/" in life.page.url:
        life.write("Email address", life.email)
        life.write("Password", PASSWORD)
        life.press("Sign in")
    life.titled("Name your organisation")
    life.check()
    life.write("Name of your organisation", life.name)
    life.press("Open the account")


def enrol(life: Life) -> None:
    life.titled("Second factor")
    life.follow("Set up an app")
    life.confirm()
    life.secret = life.page.locator("#totp-secret").inner_text()
    life.check()
    life.write("Code from the app", life.code())
    life.press("Turn it on")
    life.titled("Recovery codes")
    life.follow("I have kept them")
    life.titled("Home")
    life.check()


def invite(life: Life, colleague: Desk) -> None:
    address = f"dev-{life.mark}@example.com"
    life.desk.open("/team/invite/")
    life.write("Email address", address)
    life.hands.choose(life.page.locator("input[value=developer]"))
    life.press("Check it")
    life.press("Send the invitation")
    life.says("on its way")
    other = colleague.open(mailed(life.desk.portal.var, address, "/invitations/"))
    other.get_by_label("Your name").fill("Devi Developer")
    other.get_by_label("Password").fill(PASSWORD)
    other.get_by_role("button", name="Join").click()
    expect(other.locator("header.bar")).to_contain_text(life.name)


def credit(life: Life, clerk: Desk) -> None:
    """By our own finance, in the staff pages."""
    staff = next(one for one in clerk.portal.demo["staff"] if one["role"] == "finance")
    clerk.sign_in(staff)
    page = clerk.open("/admin/accounts/account/")
    if "/staff/duty/" in page.url:
        page.locator("main input[type=checkbox]").check()
        page.get_by_role("button", name="Accept").click()
    page = clerk.open(f"/admin/accounts/account/?q={life.mark}")
    page.locator("#result_list tbody th a").first.click()
    page.get_by_role("link", name="Credit the balance").click()
    page.get_by_label("Amount in EUR").fill("25")
    page.get_by_label("Reference of the payment").fill(f"BANK-{life.mark}")
    page.get_by_role("button", name="Check it").click()
    page.get_by_role("button", name="Book it").click()
    expect(page.locator("body")).to_contain_text("are booked")


def send(life: Life) -> str:
    """Send one, see it delivered; its page's path."""
    life.desk.open("/send/")
    life.write("To", "+44 7700 900100")
    life.write("Text", TEXT)
    life.press("Check it")
    life.titled("Check before you send")
    life.check()
    life.press("Send it")
    life.titled("Your message is accepted")
    life.follow("Follow the message")
    for _ in range(60):
        if "Delivered" in life.page.locator(".timeline").inner_text():
            break
        life.page.wait_for_timeout(500)
        life.page.reload()
    expect(life.page.locator(".timeline")).to_contain_text("Delivered")
    life.says(TEXT)
    life.check()
    return life.page.url.removeprefix(life.desk.portal.url)


def make_key(life: Life) -> str:
    """The bearer of a key that may read."""
    life.desk.open("/api-keys/new/")
    life.write("Name", "Reader")
    life.press("Make the key")
    life.confirm()
    if life.button("Make the key").count():
        life.press("Make the key")
    return f"{life.page.locator('#key').inner_text()}.{life.page.locator('#secret').inner_text()}"


def shorten(life: Life) -> None:
    life.desk.open("/retention/")
    life.follow("Change Message content")
    life.write("Days to keep", "1")
    life.press("See what would happen")
    life.titled("Check the change")
    life.check()
    life.press("Keep less, as shown")
    life.confirm()
    if life.button("Keep less, as shown").count():
        life.press("Keep less, as shown")
    life.says("Until then the change can be cancelled")
    life.check()


def by_api(life: Life, path: str, bearer: str) -> dict[str, object]:
    """The message as a program reads it."""
    region, message_id = path.strip("/").split("/")[1:]
    asked = Request(
        f"{life.desk.portal.url}/v1/messages/{message_id}",
        headers={"Authorization": f"Bearer {bearer}", "Host": f"api.{settings.REGIONS[region].domain}"},
    )
    with urlopen(asked, timeout=10) as answer:
        return dict(json.load(answer))


def come_back(life: Life) -> None:
    """A session is over after half a day."""
    assert "/accounts/login/" in life.desk.open("/messages/").url
    life.write("Email address", life.email)
    life.write("Password", PASSWORD)
    life.press("Sign in")
    life.write("Code", life.code())
    life.press("Sign in")
    life.titled("Messages")


def exported(life: Life) -> str:
    """The log's export: exactly what the page's filter shows."""
    life.desk.open("/messages/")
    with life.page.expect_download() as download:
        life.hands.fetch(life.page.locator("main a", has_text="Export "))
    return Path(download.value.path()).read_text("utf-8")


def gone(life: Life, path: str, bearer: str) -> None:
    """The text everywhere, the number nowhere: no process holds the key in memory for longer than is printed."""
    time.sleep(settings.KEY_CACHE_SECONDS + 1)
    assert TEXT not in json.dumps(by_api(life, path, bearer))
    assert "447700900100" in json.dumps(by_api(life, path, bearer))
    life.desk.open(path)
    life.says("Erased")
    life.says("+447700900100")
    assert TEXT not in life.page.content()
    life.check()
    file = exported(life)
    assert "447700900100" in file
    assert TEXT not in file
    life.desk.open("/certificates/")
    life.hands.press(life.page.locator("main table a").first)
    life.says("Verified")
    life.check()


def take_a_copy(life: Life) -> None:
    life.desk.open("/privacy/export/")
    life.press(f"Everything of {life.name}")
    life.confirm()
    if not life.page.locator("main table").count():
        life.desk.open("/privacy/export/")
        life.press(f"Everything of {life.name}")
    for _ in range(60):
        life.desk.open("/privacy/export/")
        if life.page.get_by_role("button", name="Download").count():
            break
        life.page.wait_for_timeout(500)
    with life.page.expect_download() as download:
        life.hands.fetch(life.page.get_by_role("button", name="Download").first)
    assert Path(download.value.path()).read_bytes()[:2] == b"PK"


def close(life: Life) -> None:
    delete = life.page.locator("input[name=choice][value=delete]")
    life.desk.open("/privacy/close-account/")
    life.check()
    life.hands.choose(delete)
    life.write("Type the account’s name", life.name)
    life.press("Close the account")
    life.confirm()
    if life.button("Close the account").count():
        life.hands.choose(delete)
        life.write("Type the account’s name", life.name)
        life.press("Close the account")
    life.says("closes on")
    life.check()


def last_email(life: Life) -> None:
    until = time.monotonic() + 60
    while "Your account is closed" not in [
        one["Subject"] for one in letters(life.desk.portal.var, life.email)
    ]:
        assert time.monotonic() < until, "the account was not closed"
        time.sleep(0.5)


def nobody_signs_in(life: Life, colleague: Desk) -> None:
    assert "/accounts/login/" in life.desk.open("/messages/").url
    life.write("Email address", life.email)
    life.write("Password", PASSWORD)
    life.press("Sign in")
    life.says("The email address or the password is not right")
    life.check()
    assert "/accounts/login/" in colleague.open("/messages/").url


class Nights:
    """The portal's clock, forward only, and what an operator runs after such a jump."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.clock = portal.var / "clock"
        self.offset = float(self.clock.read_text()) if self.clock.exists() else 0.0

    def pass_by(self, days: int) -> None:
        self.offset += days * DAY
        self.clock.write_text(str(self.offset))
        time.sleep(1)
        # What beat starts by the machine's clock, of which this one is ahead.
        self.run("-m", "celery", "-A", "paasoo_portal", "call", "messaging.make_partitions")
        self.run("manage.py", "retention", "enforce", "--accept-clock")

    def run(self, *command: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=kept | {"PAASOO_VAR": str(self.portal.var)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


@pytest.fixture(scope="module")
def own_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with shared(tmp_path_factory.mktemp("whole")) as running:
        yield running


@pytest.mark.parametrize("hands", [Mouse(), Keyboard(), Scriptless()], ids=["mouse", "keyboard", "no-script"])
def test_from_sign_up_to_the_last_email(chromium: Browser, own_portal: Portal, hands: Hands) -> None:
    nights = Nights(own_portal)
    with ExitStack() as windows:

        def window(*, script: bool = True) -> Desk:
            context = chromium.new_context(
                viewport={"width": 1280, "height": 900}, java_script_enabled=script, accept_downloads=True
            )
            context.set_default_timeout(15_000)
            windows.callback(context.close)
            return Desk(context, own_portal)

        life, colleague = Life(window(script=hands.script), hands), window()
        sign_up(life)
        enrol(life)
        invite(life, colleague)
        credit(life, window())
        path = send(life)
        bearer = make_key(life)
        assert TEXT in json.dumps(by_api(life, path, bearer))
        shorten(life)
        nights.pass_by(3)
        come_back(life)
        gone(life, path, bearer)
        nights.run("manage.py", "retention", "verify")
        take_a_copy(life)
        close(life)
        nights.pass_by(8)
        nights.run("-m", "celery", "-A", "paasoo_portal", "call", "accounts.close_due")
        last_email(life)
        nobody_signs_in(life, colleague)
        # Files bear the machine's time: what was just written is weeks old by this clock, and goes tonight.
        nights.pass_by(1)
        nights.run("manage.py", "retention", "verify")
