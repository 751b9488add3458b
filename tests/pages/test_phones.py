"""On a phone nothing is lost: what has a column on a wide screen stands below another fact on a narrow one."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from accounts.api_keys.services import create_api_key
from accounts.teams.invitations import create_invitation
from paasoo_portal.core import audit, clock
from tests.pages.conftest import Cast, Send
from tests.pages.test_assets import ROOT, SOURCES
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")


def narrow(visitor: Visitor, path: str) -> str:
    """What a page shows on narrow screens alone."""
    return " | ".join(visitor.get(path).texts("td .narrow-only, th .narrow-only"))


def test_a_row_that_hides_a_column_says_it_elsewhere() -> None:
    for path, source in SOURCES:
        for row in re.findall(r"<tr>(?:(?!</tr>).)*</tr>", source, re.DOTALL):
            if '<td class="wide-only' in row:
                assert "narrow-only" in row, path.relative_to(ROOT)


def test_the_log_says_until_when_a_text_is_kept(alice: Visitor, send: Send) -> None:
    send()
    assert "kept until" in narrow(alice, "/messages/")


def test_the_trail_says_why_staff_looked(alice: Visitor, cast: Cast) -> None:
    audit.record(
        audit.Event.STAFF_VIEWED, account_id=cast.company.pk, actor_id=cast.dana.pk, actor_kind="staff",
        subject_id=cast.company.pk, what="account", reason="support_request",
    )  # fmt: skip
    assert "reason: The customer asked for help" in narrow(alice, "/audit/")


def test_the_team_says_who_is_safe_and_who_was_here(alice: Visitor, cast: Cast) -> None:
    create_invitation(
        account_id=cast.company.pk, email="new@example.com", role="viewer", invited_by_id=cast.alice.pk
    )
    said = narrow(alice, "/team/")
    assert re.search(r"second factor on *Last sign-in \d", said)
    assert "second factor off" in said
    assert "Sent" in said


def test_a_key_says_what_it_may_and_from_where(alice: Visitor, cast: Cast) -> None:
    made = create_api_key(
        account_id=cast.company.pk,
        name="Server",
        created_by_id=None,
        ip_allow=["192.0.2.0/24"],
        expires_at=clock.now() + timedelta(days=9),
    )
    said = narrow(alice, "/api-keys/")
    assert made.key.key in said
    assert "Send messages" in said
    assert "only from 192.0.2.0/24" in said
    assert "until" in said


def test_help_and_prices_are_on_every_page(nobody: Visitor, alice: Visitor) -> None:
    for page in (nobody.get("/welcome/"), alice.get("/")):
        help_link = page.all('.bar a[href^="mailto:support@"]')[0]
        assert "wide-only" not in (help_link.get("class") or "")
        assert page.all('footer a[href="/prices/"]')
