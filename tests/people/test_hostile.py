"""An account whose every string is hostile: all pages are walked, nothing runs, nothing breaks, nothing is cut off."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from accounts.api_keys.models import ApiKey
from accounts.models import Account, Membership, Person
from accounts.teams.invitations import create_invitation
from paasoo_portal.core.tenancy import scope
from privacy.requests.models import RightsRequest, Route
from privacy.requests.services import receive
from tests.pages.conftest import Cast, Send, path_of
from tests.pages.visitor import Page, Visitor

pytestmark = pytest.mark.django_db(databases="__all__")
SCRIPT = "<script>alert(1)</script>"
STRINGS = [
    f"{SCRIPT}\"'><img src=x onerror=alert(1)>",
    "{{ request.user.password }}{% include 'x' %}",
    "\u202egnirts desrever\u202c \u0000".replace("\u0000", ""),
    "ÿ" * 100,
    "=HYPERLINK(0)+cmd|' /C calc'!A0",
    "’; DROP TABLE accounts_person; --",
    "😀👩‍👩‍👧‍👦\u200d\ufe0f",
]


@pytest.fixture
def hostile(cast: Cast, send: Send, request: Any) -> tuple[Cast, str, list[str]]:
    """Names as somebody wrote them before there were rules, or by another way than the forms."""
    text: str = request.param
    Account.objects.filter(pk=cast.company.pk).update(name=text[:120])
    Person.objects.filter(pk__in=[cast.alice.pk, cast.bob.pk]).update(name=text[:150])
    with scope(cast.company.pk):
        ApiKey.objects.create(
            account_id=cast.company.pk, key="hostilekey00", secret_hash="x" * 64, name=text[:80], scopes=[]
        )
        member = Membership.objects.get(person=cast.bob)
    create_invitation(
        account_id=cast.company.pk, email="x@example.com", role="viewer", invited_by_id=cast.alice.pk
    )
    receive(
        kind="other",
        person_id=cast.alice.pk,
        account_id=cast.company.pk,
        text=text,
        route=Route.ADMINISTRATOR,
    )
    message = send(text=text)
    reference = RightsRequest.objects.get().reference
    names = [
        "home", "messages", "api_keys", "team", "team_invite", "team_leave", "account_settings", "audit", "profile",
        "privacy_centre", "privacy_held", "privacy_export", "privacy_delete", "account_close", "requests", "inbox",
        "retention", "certificates", "send", "mfa_index", "messages_refused",
    ]  # fmt: skip
    paths = [reverse(name) for name in names]
    paths += [reverse("member_role", args=[member.pk]), reverse("member_remove", args=[member.pk])]
    paths += [
        reverse("request", args=[reference]),
        reverse("inbox_answer", args=[reference]),
        path_of(message),
    ]
    return cast, text, paths


@pytest.mark.parametrize("hostile", STRINGS, indirect=True, ids=range(len(STRINGS)))
def test_every_page_shows_it_as_text(hostile: tuple[Cast, str, list[str]]) -> None:
    cast, text, paths = hostile
    alice = Visitor(Person.objects.get(pk=cast.alice.pk))
    shown = 0
    for path in paths:
        page = alice.get(path)
        assert SCRIPT not in page.source, path
        assert "onerror=alert" not in _attributes(page), path
        shown += text.split()[0] in page.tree.text_content()
    assert shown >= len(paths), "the account's name stands on every page"


@pytest.mark.parametrize("hostile", STRINGS[:1], indirect=True)
def test_emails_hold_it_as_text_too(
    hostile: tuple[Cast, str, list[str]], mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    cast, _text, _paths = hostile
    alice = Visitor(Person.objects.get(pk=cast.alice.pk))
    with django_capture_on_commit_callbacks(execute=True):
        given = {"email": "new@example.com", "role": "viewer", "step": "send"}
        assert alice.post_on("/team/invite/", given) == "/team/"
    (sent,) = mailoutbox
    assert "\n" not in sent.subject
    html = sent.alternatives[0][0]
    assert SCRIPT not in html
    assert SCRIPT in sent.body


@pytest.mark.parametrize("field", ["name", "default_sender"])
@pytest.mark.parametrize("text", ["a\u202eb", "a\u0000b", "a\nb", "x" * 5000])
def test_forms_refuse_what_would_mislead(alice: Visitor, field: str, text: str) -> None:
    given = {"name": "Harbour", "default_sender": "Harbour", "push_url": ""} | {field: text}
    page = alice.post("/account/settings/", given)
    assert page.texts(".error-summary li")


def _attributes(page: Page) -> str:
    return " ".join(
        f"{name}={value}"
        for found in page.tree.iter()
        if isinstance(found.tag, str)
        for name, value in found.attrib.items()
        if name.startswith("on")
    )
