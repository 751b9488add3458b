"""Every page that links and forms reach, found by following them: axe finds nothing, the policy reports nothing."""

from __future__ import annotations

import re
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import expect

from tests.browser.conftest import NARROW, WIDE, Desk, Sit
from tests.staff.test_matrix import named_pages

pytestmark = pytest.mark.browser
# Of each URL so many, for the pages behind one address differ: states, filters, classes.
OF_EACH = 3
# Signing out ends the walk; files are no pages.
LEFT_OUT = {
    "account_logout",
    "messages_export",
    "export_fetch",
    "v1_openapi",
    "mfa_download_recovery_codes",
    "certificate_file",
}
# Forms and files of the account that show no page of their own.
NOT_PAGES = {
    "account_close_cancel",
    "account_return_confirm",
    "account_return_fetch",
    "certificate_file",
    "invitation_resend",
    "message_find",
    "message_steps",
    "messages_export",
    "retention_cancel",
    "webhook_again",
    "webhook_pause",
    "webhook_test",
}


def walk(desk: Desk, start: list[str]) -> set[str]:
    """Breadth first; the names of the URLs that were visited."""
    waiting, seen, visited = list(start), set(start), dict[str, int]()
    while waiting:
        path = waiting.pop(0)
        name = name_of(path)
        if name is None or name in LEFT_OUT or visited.get(name, 0) >= OF_EACH:
            continue
        visited[name] = visited.get(name, 0) + 1
        page = desk.open(path)
        if page.evaluate("document.contentType") != "text/html":
            continue
        desk.check()
        for link in page.locator("a[href]").evaluate_all("all => all.map(one => one.href)"):
            parts = urlsplit(link)
            further = parts.path + (f"?{parts.query}" if parts.query else "")
            if f"{parts.scheme}://{parts.netloc}" == desk.portal.url and further not in seen:
                seen.add(further)
                waiting.append(further)
        desk.stretch()
    return set(visited)


def name_of(path: str) -> str | None:
    """The URL's name; None for what is not the portal's own page."""
    try:
        found = resolve(urlsplit(path).path)
    except Resolver404:
        return None
    return None if "admin" in found.app_names else found.url_name


@pytest.mark.parametrize(("size", "dark"), [(WIDE, False), (WIDE, True), (NARROW, False), (NARROW, True)])
def test_visitors_pages(sit: Sit, size: tuple[int, int], dark: bool) -> None:
    found = walk(sit(size=size, dark=dark), ["/welcome/"])
    assert found >= {
        "welcome",
        "prices",
        "policy",
        "policy_version",
        "cookies",
        "account_login",
        "privacy_centre",
        "ask",
    }


@pytest.mark.parametrize(("size", "dark"), [(WIDE, False), (WIDE, True), (NARROW, False), (NARROW, True)])
def test_an_administrators_pages(sit: Sit, size: tuple[int, int], dark: bool) -> None:
    ask(sit)
    desk = sit(size=size, dark=dark)
    user = desk.portal.user("administrator")
    desk.sign_in(user)
    found = walk(desk, [*prepare(desk, user), "/", "/messages/?state=failures"])
    assert set(named_pages()) - found == NOT_PAGES


def ask(sit: Sit) -> None:
    """Something for the administrator to answer."""
    desk = sit()
    desk.sign_in(desk.portal.user("developer"))
    page = desk.open("/privacy/requests/new/other/")
    page.locator("main textarea").fill("Who sees my name?")
    page.get_by_role("button", name="Check it").click()
    if page.get_by_role("button", name="Send the request").count():
        page.get_by_role("button", name="Send the request").click()


def prepare(desk: Desk, user: dict[str, str]) -> list[str]:
    """What the demo has none of: a webhook, a key with two secrets, a message just sent. Their pages."""
    page = desk.open("/webhooks/new/")
    page.get_by_label("URL").fill("https://www.example.com/paasoo")
    page.get_by_label("Name").fill(f"Orders {uuid4().hex[:6]}")
    page.get_by_role("button", name="Make the webhook").click()
    desk.confirm(user)
    if page.get_by_role("button", name="Make the webhook").count():
        page.get_by_role("button", name="Make the webhook").click()
    whole = desk.open("/api-keys/").get_by_role("link", name=re.compile("^Production")).first
    with_one_secret = str(whole.get_attribute("href"))
    page = desk.open("/api-keys/new/")
    page.get_by_label("Name").fill(f"Two {uuid4().hex[:6]}")
    page.get_by_role("button", name="Make the key").click()
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("link", name=re.compile("^Two ")).first.click()
    key = page.url.removeprefix(desk.portal.url)
    page.get_by_role("link", name="Make a second secret").click()
    page.get_by_role("button", name="Make a second secret").click()
    page = desk.open("/send/")
    page.get_by_label("To").fill("+44 7700 900100")
    page.get_by_label("Text", exact=True).fill(f"Walk {uuid4().hex[:6]}")
    page.get_by_role("button", name="Check it").click()
    desk.check()
    page.get_by_role("button", name="Send it").click()
    expect(page).to_have_title(re.compile("^Your message is accepted"))
    return [page.url.removeprefix(desk.portal.url), key, with_one_secret, "/webhooks/", "/privacy/inbox/"]
