"""A browser, somebody signed in with it, and an eye on everything the strict policy would report."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.codes import format_hotp_value, hotp_value
from tests.browser.portal import Portal, shared

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_WATCH = """
window.__reports = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.__reports.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
});
"""
_LONG_WORDS = """() => {
  for (const one of document.querySelectorAll("main *")) {
    if (getComputedStyle(one).whiteSpace === "nowrap") continue;
    for (const text of one.childNodes) {
      if (text.nodeType === Node.TEXT_NODE && text.data.trim()) text.data += " 01a21531e12e706092dd904dce65889d";
    }
  }
}"""
WIDE, NARROW = (1280, 900), (390, 844)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        pytest.fail("No Chromium: scripts/test.py leaves these tests out and says so.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    base = tmp_path_factory.getbasetemp()
    with shared(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) as running:
        yield running


class Doorman:
    """Who is signed in already, and which codes were used, however many workers share the portal.

    The portal takes each code once, so that a person can sign in about twice a minute; their windows share a session.
    """

    def __init__(self, portal: Portal) -> None:
        self._file = portal.var / "doorman.json"

    @contextmanager
    def open(self) -> Iterator[dict[str, Any]]:
        """What is known, held by nobody else until it is written back."""
        with self._file.open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            known: dict[str, Any] = json.loads(file.read() or "{}")
            yield known
            file.seek(0)
            file.truncate()
            file.write(json.dumps(known))

    @staticmethod
    def code(user: dict[str, str], known: dict[str, Any]) -> str:
        """A code that nobody has used: one step early or late is good enough."""
        steps = known.setdefault("steps", {})
        step = max(steps.get(user["email"], 0) + 1, int(time.time()) // 30 - 1)
        while step > int(time.time()) // 30 + 1:
            time.sleep(1)
        steps[user["email"]] = step
        return format_hotp_value(hotp_value(user["totp_secret"], step))


class Desk:
    """A browser window on the portal. What the policy reports is gathered while it is used."""

    def __init__(self, context: BrowserContext, portal: Portal) -> None:
        self.portal = portal
        self.context = context
        self.page: Page = context.new_page()
        self.troubles: list[str] = []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("console", self._console)

    def _console(self, message: Any) -> None:
        if "Content Security Policy" in message.text or "Content-Security-Policy" in message.text:
            self.troubles.append(message.text)

    def open(self, path: str) -> Page:
        self.page.goto(self.portal.url + path)
        return self.page

    def sign_in(self, user: dict[str, str], *, alone: bool = False) -> Page:
        """With `alone` in a session of one's own, for a test that signs out."""
        if not user.get("totp_secret"):
            self._by_form(user)
            return self.page
        with Doorman(self.portal).open() as known:
            sessions = known.setdefault("sessions", {})
            if user["email"] in sessions and not alone:
                self.context.add_cookies(sessions[user["email"]])
                if "/welcome/" not in self.open("/").url:
                    return self.page
            self._by_form(user)
            self.page.get_by_label("Code").fill(Doorman.code(user, known))
            self.page.get_by_role("button", name="Sign in", exact=True).click()
            self.page.wait_for_url(lambda url: "/2fa/authenticate/" not in url)
            if not alone:
                sessions[user["email"]] = self.context.cookies()
        return self.page

    def _by_form(self, user: dict[str, str]) -> None:
        self.open("/accounts/login/")
        self.page.get_by_label("Email address").fill(user["email"])
        self.page.get_by_label("Password").fill(user["password"])
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.wait_for_url(lambda url: "/accounts/login/" not in url)

    def confirm(self, user: dict[str, str]) -> None:
        """Give the password once more where the portal asks for it."""
        if "/accounts/reauthenticate/" in self.page.url:
            self.page.get_by_label("Password").fill(user["password"])
            self.page.get_by_role("button", name="Confirm").click()

    def check(self, *, contrast: bool = True) -> None:
        """axe finds nothing, the policy reports nothing, nothing runs off the side.

        `contrast` is left out where the system chooses the colours: axe still computes with ours.
        """
        assert not self.troubles, self.troubles
        assert not self.page.evaluate("window.__reports ?? []")
        options = {"rules": {"color-contrast": {"enabled": contrast}}}
        found = Axe().run(self.page, options=options).response["violations"]
        assert not found, [
            (self.page.url, one["id"], [node["html"] for node in one["nodes"]]) for one in found
        ]
        # To read a style sheet that another one imports, axe sets up a style element, which the policy refuses.
        self.troubles.clear()
        self.page.evaluate("window.__reports = []")
        self._fits()

    def stretch(self) -> None:
        """Nothing runs off the smallest screen though every text that may break has a long word: a name, a reference.

        It alters the page, so that it is the last thing asked of it. WCAG 2.2, 1.4.10: 320 CSS pixels.
        """
        if self.page.viewport_size != {"width": NARROW[0], "height": NARROW[1]}:
            return
        self.page.set_viewport_size({"width": 320, "height": NARROW[1]})
        self.page.evaluate(_LONG_WORDS)
        self._fits()
        self.page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})

    def _fits(self) -> None:
        wide, room = self.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= room, (self.page.url, wide, room)


Sit = Callable[..., Desk]


@pytest.fixture
def sit(chromium: Browser, portal: Portal) -> Iterator[Sit]:
    """Open a window: `sit(size=NARROW, dark=True, script=False)`."""
    contexts: list[BrowserContext] = []

    def open_window(
        *,
        size: tuple[int, int] = WIDE,
        dark: bool = False,
        script: bool = True,
        **options: Any,
    ) -> Desk:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            **options,
        )
        if script:
            context.add_init_script(_WATCH)
        context.set_default_timeout(15_000)
        contexts.append(context)
        return Desk(context, portal)

    yield open_window
    for context in contexts:
        context.close()
