"""Every URL × everybody: signed out, each role, another account's owner, each staff role. A URL that nobody listed, or
that has a placeholder nobody gave a value, fails. P-SEC-2, P-SEC-5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.api_keys.services import create_api_key
from accounts.models import Membership
from accounts.permissions import Permission, allows
from accounts.teams.invitations import create_invitation
from messaging.webhooks import services as webhooks
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope
from privacy.requests.models import Route
from privacy.requests.services import receive
from tests.meta.test_registered import FAMILIES, PUBLIC
from tests.pages.conftest import REGION, Cast, Send
from tests.pages.test_permissions import METHODS
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")
SIGN_IN = "/accounts/login/"
Answers = dict[Any, Any]
# Of these the answer depends on what the placeholder names, and whoever has the link may follow it.
BY_LINK = {
    "invitation_follow",
    "invitation_accept",
    "ask_confirm",
    "account_confirm_email",
    "account_reset_password_from_key",
}


# Of the programs' API: its description, and that there is nothing else.
OPEN = {"v1_openapi", "v1_unknown"}

# What is given to allauth and to programs, whose own checks come first.
OTHERS = {
    r"(?P<key>[-:\w]+)/": "nonsense/",
    "(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/": "x-y/",
    "<str:reference>": str(uuid7()),
    "<int:pk>": "1",
    "<str:number>": "447700900123",
    "<str:name>": "sendMessages",
    "(?P<path>.*)": "nonsense",
}


@dataclass(frozen=True)
class Place:
    """A URL with its values filled in, what guards it, and whether it names something of the company's."""

    name: str
    family: str
    path: str
    permission: str
    owned: bool

    def ask(self, visitor: Visitor) -> Any:
        return getattr(visitor.client, METHODS.get(self.name, "get"))(self.path)


@pytest.fixture
def things(cast: Cast, send: Send) -> dict[str, str]:
    """One of everything that the company has, by placeholder."""
    company = cast.company.pk
    endpoint = webhooks.create(
        account_id=company, url="https://example.com/", name="W", topics=[], created_by_id=None
    )
    invitation = create_invitation(
        account_id=company, email="new@example.com", role="viewer", invited_by_id=cast.alice.pk
    )
    request = receive(
        kind="other", person_id=cast.bob.pk, account_id=company, text="x", route=Route.ADMINISTRATOR
    )
    with scope(company):
        member = Membership.objects.get(person=cast.vera)
    return {
        "<str:region>": REGION,
        "<uuid:message_id>": str(send().id),
        "<uuid:key_id>": str(create_api_key(account_id=company, name="K", created_by_id=None).key.pk),
        "<uuid:endpoint_id>": str(endpoint.endpoint.pk),
        "<uuid:call_id>": str(uuid7()),
        "<uuid:certificate_id>": str(uuid7()),
        "<uuid:invitation_id>": str(invitation.invitation.pk),
        "<uuid:member_id>": str(member.pk),
        "<uuid:job_id>": str(uuid7()),
        "<uuid:request_id>": str(request.pk),
        "<slug:slug>": "content",
        "<slug:reference>": request.reference,
        "<slug:kind>": "other",
        "<str:number>": "2026-11",
        "<str:token>": "nonsense",
    }


@pytest.fixture
def places(things: dict[str, str]) -> list[Place]:
    return [place_of(things, *found) for found in patterns() if not found[2].startswith(SKIPPED)]


# The staff pages have ids of every kind, and tables of their own (test_roles); the development pages are not there in
# production.
SKIPPED = ("admin", "paasoo_portal.development")


def named_pages() -> set[str]:
    """The pages of an account, by their URLs' names."""
    return {name for name, _route, _family, view in patterns() if getattr(view, "permission", None)}


def patterns(resolver: Any = None, prefix: str = "", family: str = "") -> Iterator[tuple[str, str, str, Any]]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            module = getattr(entry.urlconf_module, "__name__", "") or entry.app_name or family
            yield from patterns(entry, prefix + str(entry.pattern), module)
        elif isinstance(entry, URLPattern):
            yield entry.name or str(entry.pattern), prefix + str(entry.pattern), family, entry.callback


def place_of(things: dict[str, str], name: str, route: str, family: str, view: Any) -> Place:
    path = route.replace("^", "").replace("$", "")
    for placeholder, value in {**OTHERS, **things}.items():
        path = path.replace(placeholder, value)
    assert "<" not in path, f"{name}: give its placeholders a value here ({path})"
    owned = "<uuid:" in route or "<slug:reference>" in route
    return Place(name, family, f"/{path}", getattr(view, "permission", ""), owned)


def test_every_url_answers_everybody_as_the_tables_say(
    cast: Cast, places: list[Place], staff: dict[str, Visitor], charlie: Visitor, nobody: Visitor
) -> None:
    roles = {role: Visitor(one) for role, one in cast.by_role().items()}
    assert len(places) > 100
    for place in places:
        members = {role: place.ask(visitor) for role, visitor in roles.items()}
        others = {role: place.ask(visitor) for role, visitor in staff.items()}
        strangers = {"other": place.ask(charlie), "nobody": place.ask(nobody)}
        for who, answer in {**members, **others, **strangers}.items():
            # Without the broker the portal is not ready, and says so.
            assert answer.status_code < 500 or place.name == "readyz", (place.name, who)
        if place.permission:
            _page(place, members, others, strangers)
        elif place.name in PUBLIC:
            _public(place, strangers["nobody"])
        else:
            assert place.family.startswith(tuple(FAMILIES)), f"{place.name} is in no table"
            if place.family == "messaging.rest.urls" and place.name not in OPEN:
                assert strangers["nobody"].status_code in {401, 405}, place.name


def _page(place: Place, members: Answers, staff: Answers, strangers: Answers) -> None:
    for role, answer in members.items():
        denied = answer.status_code == 403
        assert denied != allows(role, Permission(place.permission)), (place.name, role)
    where = "/welcome/" if place.name == "home" else SIGN_IN
    assert strangers["nobody"]["Location"].startswith(where), place.name
    for role, answer in staff.items():
        # They have no account: their pages are others.
        assert answer["Location"] == "/admin/", (place.name, role)
    if place.owned:
        assert strangers["other"].status_code == 404, place.name


def _public(place: Place, answer: Any) -> None:
    if "asks for sign-in itself" in PUBLIC[place.name]:
        assert answer.status_code == 302, place.name
        assert answer["Location"].startswith(SIGN_IN), place.name
    elif place.name not in BY_LINK | {"readyz"}:
        assert answer.status_code in {200, 302, 405}, (place.name, answer.status_code)


def test_no_staff_page_opens_for_anybody_else(
    cast: Cast, things: dict[str, str], charlie: Visitor, nobody: Visitor
) -> None:
    others = [Visitor(one) for one in cast.by_role().values()] + [charlie, nobody]
    ids = {str(cast.company.pk), str(cast.bob.pk), things["<uuid:request_id>"]}
    for name, route, family, _view in patterns():
        if not family.startswith("admin") or "login" in route or "logout" in route:
            continue
        for one in ids:
            path = "/" + route.replace("^", "").replace("$", "")
            for placeholder in (
                "<path:object_id>",
                "<uuid:request_id>",
                "<uuid:account_id>",
                "<uuid:person_id>",
            ):
                path = path.replace(placeholder, one)
            for visitor in others:
                assert visitor.client.get(path).status_code in {302, 403, 404}, (name, path)
