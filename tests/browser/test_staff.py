"""Every staff page that links reach, and its forms as they come, refused and to be checked: axe, the policy, the width."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.contrib import admin
from django.urls import Resolver404, resolve
from playwright.sync_api import Locator, Page

from tests.browser.conftest import NARROW, WIDE, Desk, Sit

pytestmark = pytest.mark.browser
OF_EACH = 2
LEFT_OUT = {"logout", "jsi18n"}
LOOKS = [(WIDE, False), (WIDE, True), (NARROW, False), (NARROW, True)]

# What all the portal's accounts would live by: it is checked here, and published in the tests of its own.
PUBLISHED = {"/admin/privacy/retentionbound/add/", "/admin/privacy/legalclock/add/"}


def day(offset: int) -> str:
    return (datetime.now(UTC) + timedelta(days=offset)).date().isoformat()


def forms(account: str) -> dict[str, dict[str, str]]:
    """What is filled in where; choices stand as they come, or are given by their value."""
    mark = uuid4().hex[:6]
    return {
        "/admin/privacy/legalhold/add/": {
            "scope": "account",
            "account_id": account,
            "classes": "1",
            "first_day": day(-9),
            "authority": "Dublin District Court",
            "reference": f"2026/{mark}",
            "review_on": day(60),
        },
        "/admin/privacy/case/add/": {
            "kind": "spam",
            "account_id": account,
            "first_day": day(-2),
            "last_day": day(0),
            "reason": f"A carrier complains of our sender, {mark}.",
        },
        "/admin/privacy/order/add/": {
            "kind": "production",
            "authority": "Dublin District Court",
            "their_reference": f"2026/{mark}",
            "country": "ie",
            "legal_basis": "Criminal Justice Act 2011, s. 15",
            "asked": "All messages of the number in May.",
            "received_on": day(0),
            "answer_by": day(10),
        },
        "/admin/privacy/retentionbound/add/": {
            "data_class": "1",
            "floor_days": "0",
            "default_days": "30",
            "ceiling_days": "90",
            "effective_on": day(40),
            "reason": "A law of its own.",
        },
        "/admin/privacy/legalclock/add/": {"amount": "20", "effective_on": day(40), "reason": "A clause."},
        "/admin/privacy/subprocessor/add/": {},
        "/admin/privacy/policyversion/add/": {},
        "/admin/privacy/statutoryfloor/add/": {},
        "/admin/privacy/caserule/add/": {},
        "/admin/messaging/price/add/": {},
        "/admin/accounts/person/find/": {"email": "nobody@example.org"},
    }


def sit_down(desk: Desk) -> None:
    """The superuser, who sees all; staff accept their duty of confidence first."""
    desk.sign_in(desk.portal.staff())
    page = desk.open("/admin/")
    if "/staff/duty/" in page.url:
        page.locator("main input[type=checkbox]").check()
        page.get_by_role("button", name="Accept").click()


@pytest.mark.parametrize(("size", "dark"), LOOKS)
def test_every_form_of_staff_empty_wrong_and_to_be_checked(
    sit: Sit, size: tuple[int, int], dark: bool
) -> None:
    desk = sit(size=size, dark=dark)
    sit_down(desk)
    # The other company's: a hold hides from the first one's people what other tests look for at the same time.
    name = desk.portal.user("administrator", account=1)["account"]
    desk.open("/admin/accounts/account/").get_by_role("link", name=name, exact=True).click()
    account = urlsplit(desk.page.url).path.split("/")[-3]
    for path, values in {**forms(account), f"/admin/accounts/account/{account}/credit/": {}}.items():
        page = desk.open(path)
        desk.check()
        press(page)
        assert page.locator(".errorlist, .errornote").count(), f"{path}: nothing is said of an empty form"
        desk.check()
        if not values:
            continue
        page = desk.open(path)
        for name, value in values.items():
            fill(page.locator(f"#content [name={name}]"), value)
        press(page)
        desk.check()
        if path == "/admin/accounts/person/find/":
            assert page.locator(".errorlist").count()
            continue
        assert not page.locator(".errorlist").count(), (path, page.locator(".errorlist").all_inner_texts())
        if path in PUBLISHED:
            continue
        if path.endswith("/add/") and "/add/" in page.url:
            press(page)
        desk.check()
        assert "/add/" not in page.url, page.locator("#content").inner_text()


@pytest.mark.parametrize(("size", "dark"), LOOKS)
def test_every_page_of_staff(sit: Sit, size: tuple[int, int], dark: bool) -> None:
    desk = sit(size=size, dark=dark)
    sit_down(desk)
    waiting, seen, visited = ["/admin/"], {"/admin/"}, dict[str, int]()
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
    lists = {f"{m._meta.app_label}_{m._meta.model_name}_changelist" for m in admin.site._registry}
    assert lists <= set(visited)


def name_of(path: str) -> str | None:
    try:
        found = resolve(urlsplit(path).path)
    except Resolver404:
        return None
    return found.url_name if "admin" in found.app_names else None


def press(page: Page) -> None:
    with page.expect_navigation():
        page.locator("#content .submit-row :is(button, input[type=submit])").first.click()


def fill(field: Locator, value: str) -> None:
    kind = field.first.evaluate("one => one.tagName === 'SELECT' ? 'select' : one.type")
    if kind == "select":
        field.select_option(value)
    elif kind in {"radio", "checkbox"}:
        field.and_(field.page.locator(f"[value='{value}']")).check()
    else:
        field.fill(value)
