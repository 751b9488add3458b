"""Every page × every role, held against the permission table (tests/meta lists the pages without a permission)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import Membership, Role
from accounts.permissions import TABLE, Permission, allows
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope
from tests.pages.conftest import REGION, Cast, Send
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")

METHODS = {
    "account_close_cancel": "post",
    "account_return_confirm": "post",
    "account_return_fetch": "post",
    "invitation_resend": "post",
    "message_find": "post",
    "retention_cancel": "post",
    "webhook_again": "post",
    "webhook_pause": "post",
    "webhook_test": "post",
}


def patterns(resolver: Any = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry, f"{entry.namespace}:" if entry.namespace else prefix)
        else:
            yield f"{prefix}{entry.name or ''}", entry


def pages() -> dict[str, URLPattern]:
    found = dict(patterns())
    return {name: entry for name, entry in found.items() if hasattr(entry.callback, "permission")}


def test_the_table_knows_every_permission_and_only_the_roles() -> None:
    assert set(TABLE) == set(Permission)
    assert {role for roles in TABLE.values() for role in roles} == set(Role.values)
    assert TABLE[Permission.MEMBER] == frozenset(Role.values)


def test_every_page_admits_exactly_its_roles(cast: Cast, send: Send) -> None:
    sent = send()
    for name, entry in pages().items():
        permission = Permission(entry.callback.permission)
        for role, person in cast.by_role().items():
            response = ask(Visitor(person), name, entry, sent.id)
            assert (response.status_code != 403) == allows(role, permission), (
                name,
                role,
                response.status_code,
            )
            assert response.status_code < 500, (name, role)


def test_visitors_are_asked_to_sign_in_everywhere(nobody: Visitor) -> None:
    for name, entry in pages().items():
        where = "/welcome/" if name == "home" else "/accounts/login/"
        assert ask(nobody, name, entry, uuid7())["Location"].startswith(where), name


def test_a_removal_works_at_once(cast: Cast, bob: Visitor) -> None:
    bob.get("/messages/")
    with scope(cast.company.pk):
        Membership.objects.filter(person=cast.bob).delete()
    assert bob.sent_on(bob.client.get("/messages/")) == "/account/open/"


def test_moves_only_between_ones_own_accounts(cast: Cast, charlie: Visitor) -> None:
    assert charlie.client.post("/account/switch/", {"account": str(cast.company.pk)}).status_code == 404
    assert charlie.client.post("/account/switch/", {"account": "nonsense"}).status_code == 404
    with scope(cast.company.pk):
        Membership.objects.create(account_id=cast.company.pk, person=cast.charlie, role=Role.VIEWER)
    assert charlie.post_on("/account/switch/", {"account": str(cast.company.pk)}) == "/"
    page = charlie.get("/")
    assert "Harbour Logistics" in page.source
    assert "Switch to Northwind Clinics" in page.source
    assert charlie.client.get("/send/").status_code == 403


def ask(visitor: Visitor, name: str, entry: URLPattern, message_id: object) -> Any:
    route = str(entry.pattern)
    given = {
        "<str:region>": REGION,
        "<uuid:message_id>": str(message_id),
        "<uuid:key_id>": str(uuid7()),
        "<uuid:endpoint_id>": str(uuid7()),
        "<uuid:call_id>": str(uuid7()),
        "<uuid:certificate_id>": str(uuid7()),
        "<uuid:invitation_id>": str(uuid7()),
        "<uuid:member_id>": str(uuid7()),
        "<slug:slug>": "content",
        "<slug:reference>": "R-AAAA-AAAA",
    }
    for placeholder, value in given.items():
        route = route.replace(placeholder, value)
    assert "<" not in route, f"{name}: give its placeholders a value here"
    return getattr(visitor.client, METHODS.get(name, "get"))(f"/{route}")
