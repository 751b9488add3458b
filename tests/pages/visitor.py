"""A client that checks every page it fetches: nobody has to remember to."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from lxml import html

from accounts.models import Person

PASSWORD = "correct horse battery"
_POLICY = (
    "default-src 'none'; base-uri 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "media-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'"
)
# What a screen reader lists: each has to be told from the others of its role.
LANDMARKS = ", ".join(
    f"{tag}[{name}]"
    for tag in ("section", "nav", "aside", "form", "[role=region]")
    for name in ("aria-label", "aria-labelledby")
)
STRICT = {part.strip() for part in _POLICY.split(";")}


class Page:
    """A fetched page, parsed."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response
        self.url = response.request["PATH_INFO"]  # type: ignore[attr-defined]
        self.source = response.content.decode()
        self.tree = html.document_fromstring(self.source)

    @property
    def title(self) -> str:
        return " ".join(self.tree.findtext(".//title", "").split())

    @property
    def text(self) -> str:
        """What a reader sees, white space folded."""
        return " ".join(self.tree.find(".//main").text_content().split())  # type: ignore[union-attr]

    def all(self, css: str) -> list[Any]:
        return self.tree.cssselect(css)

    def texts(self, css: str) -> list[str]:
        return [" ".join(found.text_content().split()) for found in self.all(css)]

    def links(self) -> list[str]:
        return [found.get("href") for found in self.all("main a")]

    def values(self, index: int = 0) -> dict[str, str]:
        """What a browser would send with the main part's form number `index`, its buttons left alone."""
        form = self.all("main form")[index]
        return {name: value for name, value in form.form_values() if name != "csrfmiddlewaretoken"}


class Visitor:
    """A person (or nobody) with a browser; follows no redirect unless told."""

    def __init__(self, person: Person | None = None) -> None:
        self.client = Client()
        if person is not None:
            self.client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")

    def get(self, path: str, data: dict[str, Any] | None = None, *, status: int = 200) -> Page:
        return self._page(self.client.get(path, data), status)

    def post(self, path: str, data: dict[str, Any] | None = None, *, status: int = 200) -> Page:
        return self._page(self.client.post(path, data), status)

    def sent_on(self, response: HttpResponse) -> str:
        """Where a response redirects to."""
        assert response.status_code == 302, response.status_code
        return str(response["Location"])

    def post_on(self, path: str, data: dict[str, Any] | None = None) -> str:
        return self.sent_on(self.client.post(path, data))

    def confirm_recently(self) -> None:
        """Give the password again, as the pages ask before what matters."""
        assert self.client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302

    def _page(self, response: HttpResponse, status: int) -> Page:
        assert response.status_code == status, (
            response.status_code,
            response.get("Location"),
        )
        page = Page(response)
        check(page)
        return page


def check(page: Page) -> None:
    """Everything that holds for every page of the portal."""
    _policy(page)
    _heading(page)
    _structure(page)
    _labels(page)
    _nothing_inline(page)
    _tables(page)


def _policy(page: Page) -> None:
    sent = {part.strip() for part in page.response["Content-Security-Policy"].split(";")}
    assert sent == STRICT, sent ^ STRICT
    assert "no-store" in page.response["Cache-Control"]


def _heading(page: Page) -> None:
    headings = page.texts("h1")
    assert len(headings) == 1, (page.url, headings)
    title = page.title.removeprefix("Error: ")
    assert title.startswith(headings[0]), (page.title, headings)
    assert page.title.startswith("Error: ") == bool(page.all(".error-summary")), page.title


def _structure(page: Page) -> None:
    assert page.tree.get("lang", "").lower() in dict(settings.LANGUAGES), page.url
    for landmark in ("header", "main", "footer"):
        assert len(page.all(f"body > {landmark}, body > div > {landmark}, main")) >= 1, landmark
    assert len(page.all("main")) == 1
    assert page.all("a.skip")[0].get("href") == f"#{page.all('main')[0].get('id')}"
    ids = Counter(found.get("id") for found in page.all("[id]"))
    assert not [name for name, count in ids.items() if count > 1], ids
    for attribute in ("aria-describedby", "aria-labelledby", "aria-controls", "for"):
        for found in page.all(f"[{attribute}]"):
            for name in found.get(attribute).split():
                assert name in ids, (page.url, attribute, name)
    landmarks = Counter((_role(found), _name(page, found)) for found in page.all(LANDMARKS))
    assert not [each for each, count in landmarks.items() if count > 1], (page.url, landmarks)
    for link in page.all('a[href^="#"]'):
        assert link.get("href")[1:] in ids, (page.url, link.get("href"))


def _role(landmark: Any) -> str:
    return str(landmark.get("role") or {"section": "region"}.get(landmark.tag, landmark.tag))


def _name(page: Page, landmark: Any) -> str:
    if label := landmark.get("aria-label"):
        return str(label)
    return " ".join(
        page.all(f"#{name}")[0].text_content() for name in landmark.get("aria-labelledby").split()
    )


def _labels(page: Page) -> None:
    labelled = {label.get("for") for label in page.all("label[for]")}
    for control in page.all("input:not([type=hidden]):not([hidden]), select, textarea"):
        named = control.get("id") in labelled or control.get("aria-label") or _inside_label(control)
        assert named, (page.url, control.get("name"))
    for button in page.all("button"):
        assert button.text_content().strip(), page.url
    for form in page.all("form"):
        # The notice about cookies bears no token: it would be a cookie set before anybody chose.
        if form.get("method", "get").lower() == "post" and form.get("class") != "consent":
            assert form.cssselect("[name=csrfmiddlewaretoken]"), page.url
        for control in form.cssselect("[aria-invalid=true]"):
            assert _described_by_error(control), (page.url, control.get("id"))


def _inside_label(control: Any) -> bool:
    return any(parent.tag == "label" for parent in control.iterancestors())


def _described_by_error(control: Any) -> bool:
    """A field by itself, a group of boxes by its fieldset."""
    group = next(
        (parent for parent in control.iterancestors() if parent.tag == "fieldset"),
        control,
    )
    return "_error" in (group.get("aria-describedby") or "")


def _nothing_inline(page: Page) -> None:
    for found in page.tree.iter():
        if not isinstance(found.tag, str):
            continue
        assert "style" not in found.attrib, (page.url, found.tag)
        assert not [name for name in found.attrib if name.startswith("on")], (
            page.url,
            found.tag,
        )
        for name in ("src", "href"):
            address = found.get(name, "")
            assert not address.startswith(("data:", "javascript:")), (page.url, address)
            if found.tag in {"script", "link", "img", "use"}:
                assert not address.startswith(("http:", "https:", "//")), (
                    page.url,
                    address,
                )
    assert not page.all("style")
    # Blocks of data are no script, and the policy lets them be.
    scripts = page.all('script:not([type="application/json"])')
    assert not [found for found in scripts if (found.text or "").strip()], page.url


def _tables(page: Page) -> None:
    for table in page.all("main table"):
        assert table.cssselect("caption"), page.url
        for heading in table.cssselect("th"):
            assert heading.get("scope") in {"row", "col"}, (
                page.url,
                heading.text_content(),
            )
