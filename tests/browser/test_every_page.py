"""axe, the policy's reports and the width, on every page, in light and dark, wide and narrow.

All of it belongs to the full matrix; the journeys look at the pages that they come by.
"""

from __future__ import annotations

import pytest

from tests.browser.conftest import NARROW, WIDE, Desk, Sit

OPEN = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
]
OPEN += ["/accounts/confirm-email/", "/no/such/page"]
OPEN += ["/welcome/", "/prices/", "/policy/", "/sub-processors/", "/end-users/", "/status/"]
OPEN += [
    "/accessibility/",
    "/docs/api/",
    "/docs/api/classic/",
    "/docs/api/sendMessages/",
    "/cookies/",
    "/privacy/ask/",
    "/certificates/check/",
]
PAGES = [
    "/",
    "/messages/",
    "/messages/?state=failures",
    "/messages/?region=in",
    "/messages/?first=2020-01-01",
]
PAGES += [
    "/send/",
    "/api-keys/",
    "/api-keys/new/",
    "/retention/",
    "/retention/content/",
]
PAGES += [
    "/retention/content/?days=7",
    "/retention/numbers/?days=120",
    "/retention/content/?days=1000",
]
PAGES += [
    "/certificates/",
    "/certificates/?kind=erasure",
    "/certificates/?first=2026-02-02&last=2026-02-01",
    "/certificates/check/",
    "/accounts/password/change/",
    "/accounts/email/",
    "/accounts/logout/",
]
PAGES += ["/balance/", "/team/", "/team/invite/", "/team/leave/", "/audit/", "/account/settings/"]
PAGES += ["/profile/", "/profile/sessions/", "/accounts/2fa/"]
PAGES += [
    "/privacy/",
    "/privacy/held/",
    "/privacy/export/",
    "/privacy/requests/",
    "/privacy/requests/new/objection/",
    "/privacy/inbox/",
]
LOOKS = [(WIDE, False), (WIDE, True), (NARROW, False), (NARROW, True)]


def walk(desk: Desk, paths: list[str]) -> None:
    for path in paths:
        desk.open(path)
        desk.check()


def walk_account(desk: Desk) -> None:
    walk(desk, PAGES)
    page = desk.open("/messages/")
    page.locator(".log a").first.click()
    desk.check()
    page = desk.open("/certificates/")
    page.locator("main table a").first.click()
    desk.check()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download the file").click()
    page = desk.open("/certificates/check/")
    page.get_by_label("Certificate file").set_input_files(saved.value.path())
    page.get_by_role("button", name="Check it").click()
    assert "is genuine" in page.locator("main").inner_text()
    desk.check()
    page.get_by_label("Or paste what is in it").fill("nonsense")
    page.get_by_role("button", name="Check it").click()
    assert page.title().startswith("Error: ")
    desk.check()
    page = desk.open("/send/")
    page.get_by_role("button", name="Check it").click()
    assert page.title().startswith("Error: ")
    assert page.evaluate("document.activeElement.className") == "error-summary"
    desk.check()
    page = desk.open("/")
    page.locator("details.menu > summary").click()
    desk.check()


@pytest.mark.browser
@pytest.mark.parametrize(("size", "dark"), LOOKS)
def test_every_page_in_every_look(sit: Sit, size: tuple[int, int], dark: bool) -> None:
    desk = sit(size=size, dark=dark)
    walk(desk, OPEN)
    desk.sign_in(desk.portal.user("administrator"))
    walk_account(desk)


@pytest.mark.browser
@pytest.mark.parametrize("role", ["developer", "support", "billing", "viewer"])
def test_every_page_of_every_role(sit: Sit, role: str) -> None:
    desk = sit()
    desk.sign_in(desk.portal.user(role))
    walk(
        desk,
        ["/", "/messages/", "/retention/", "/certificates/", "/send/", "/api-keys/", "/balance/", "/team/"],
    )


@pytest.mark.browser
def test_forced_colours_and_reduced_motion(sit: Sit) -> None:
    desk = sit(forced_colors="active", reduced_motion="reduce")
    desk.sign_in(desk.portal.user("administrator"))
    for path in ("/", "/messages/", "/retention/"):
        desk.open(path)
        desk.check(contrast=False)
