"""The second factor: asked for, sealed, required of administrators and staff, and no way around it. P-SEC-1."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from allauth.core.context import request_context
from allauth.mfa.models import Authenticator
from django.core.signing import BadSignature
from django.db import connection
from django.test import RequestFactory
from django_cryptography.utils.crypto import InvalidToken

from accounts.mfa import signals
from accounts.mfa.adapter import PortalMfaAdapter
from accounts.models import Membership, Person, Role
from paasoo_portal.core.audit.models import AuditEvent
from paasoo_portal.core.tenancy import scope
from tests.browser.codes import format_hotp_value, hotp_value
from tests.pages.conftest import TOTP_SECRET, Cast
from tests.pages.visitor import PASSWORD, Visitor

pytestmark = pytest.mark.django_db(databases="__all__")


def code(secret: str = TOTP_SECRET, step: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))


def sign_in(visitor: Visitor, email: str) -> str:
    return visitor.post_on("/accounts/login/", {"login": email, "password": PASSWORD})


@pytest.fixture
def bare(cast: Cast) -> Cast:
    """Nobody has a second factor."""
    Authenticator.objects.all().delete()
    return cast


def test_a_password_alone_does_not_sign_an_administrator_in(cast: Cast, nobody: Visitor) -> None:
    assert sign_in(nobody, "alice@example.com") == "/accounts/2fa/authenticate/"
    assert nobody.get("/accounts/2fa/authenticate/").title.startswith("Second factor")
    assert nobody.client.get("/messages/").status_code == 302
    page = nobody.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert "This code is not right" in page.texts(".error-summary")[0]
    assert nobody.post_on("/accounts/2fa/authenticate/", {"code": code()}) == "/"
    nobody.get("/messages/")


def test_a_code_is_taken_once(cast: Cast) -> None:
    first, second = Visitor(), Visitor()
    used = code()
    sign_in(first, "alice@example.com")
    assert first.post_on("/accounts/2fa/authenticate/", {"code": used}) == "/"
    sign_in(second, "alice@example.com")
    assert "used already" in second.post("/accounts/2fa/authenticate/", {"code": used}).text


def test_administrators_and_staff_enrol_first_and_others_may(bare: Cast) -> None:
    for person in (bare.alice, bare.dana):
        assert Visitor(person).client.get("/")["Location"] in {"/accounts/2fa/", "/admin/"}
    assert Visitor(bare.dana).client.get("/admin/")["Location"] == "/accounts/2fa/"
    for path in ("/privacy/export/", "/privacy/close-account/", "/privacy/"):
        assert Visitor(bare.alice).client.get(path)["Location"] == "/accounts/2fa/"
    assert "before they go on" in Visitor(bare.alice).get("/accounts/2fa/").text
    Visitor(bare.bob).get("/")
    assert "before they go on" not in Visitor(bare.bob).get("/accounts/2fa/").text


def test_who_becomes_an_administrator_enrols_at_the_next_page(bare: Cast, bob: Visitor) -> None:
    with scope(bare.company.pk):
        Membership.objects.filter(person=bare.bob).update(role=Role.ADMINISTRATOR)
    assert bob.sent_on(bob.client.get("/messages/")) == "/accounts/2fa/"
    bob.get("/profile/")


def set_up(visitor: Visitor) -> tuple[str, list[str]]:
    """Turn the app on through the pages; its secret and the recovery codes."""
    visitor.confirm_recently()
    page = visitor.get("/accounts/2fa/totp/activate/")
    secret = page.texts("#totp-secret")[0]
    assert page.all("svg.qr path")
    again = visitor.post("/accounts/2fa/totp/activate/", {"code": "000000"})
    assert again.texts("#totp-secret")[0] == secret
    assert visitor.post_on("/accounts/2fa/totp/activate/", {"code": code(secret)}).endswith(
        "/recovery-codes/"
    )
    return secret, visitor.get("/accounts/2fa/recovery-codes/").texts("pre")[0].split()


def test_an_app_is_set_up_and_its_secret_is_sealed(bare: Cast, bob: Visitor) -> None:
    secret, codes = set_up(bob)
    assert len(set(codes)) == 10
    with connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator")
        stored = " ".join(row[0] for row in cursor.fetchall())
    assert '"secret"' in stored
    assert secret not in stored
    assert not [one for one in codes if one in stored]
    assert "App" in bob.get("/profile/").text
    # allauth tells of it once it is committed, which a test never does.
    signals.added(user=bare.bob, authenticator=Authenticator.objects.get(type="totp"))
    event = AuditEvent.objects.filter(chain=bare.company.pk).latest("number")
    assert (event.event, event.actor_id) == ("person:factor:added", bare.bob.pk)


def test_a_recovery_code_stands_in_once(bare: Cast, bob: Visitor) -> None:
    _, codes = set_up(bob)
    for expected in (302, 200):
        visitor = Visitor()
        sign_in(visitor, "bob@example.com")
        answer = visitor.client.post("/accounts/2fa/authenticate/", {"code": codes[0]})
        assert answer.status_code == expected


def test_what_is_sealed_opens_again_and_nothing_else_does() -> None:
    adapter = PortalMfaAdapter()
    sealed = adapter.encrypt(TOTP_SECRET)
    assert TOTP_SECRET not in sealed
    assert adapter.decrypt(sealed) == TOTP_SECRET
    assert adapter.encrypt(TOTP_SECRET) != sealed
    with pytest.raises((InvalidToken, BadSignature)):
        adapter.decrypt(sealed[:-8] + "AAAAAAA=")


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/2fa/",
        "/accounts/2fa/totp/deactivate/",
        "/accounts/2fa/recovery-codes/",
        "/accounts/2fa/recovery-codes/generate/",
        "/accounts/2fa/webauthn/",
        "/accounts/2fa/webauthn/add/",
        "/accounts/2fa/reauthenticate/",
        "/accounts/reauthenticate/",
    ],
)
def test_every_page_of_the_factor_is_one_of_ours(cast: Cast, alice: Visitor, path: str) -> None:
    alice.confirm_recently()
    alice.client.post("/accounts/2fa/recovery-codes/generate/")
    page = alice.get(path)
    assert page.all("header.bar")


def test_the_admin_has_no_sign_in_of_its_own(nobody: Visitor, bob: Visitor) -> None:
    assert nobody.sent_on(nobody.client.get("/admin/login/?next=/admin/")).startswith("/accounts/login/")
    assert bob.client.get("/admin/login/").status_code == 403


class TestProfile:
    def test_is_changed_and_holds_at_once(self, cast: Cast, bob: Visitor) -> None:
        given = {"name": "Bob O’Brien", "language": "en", "timezone": "Asia/Singapore"}
        assert bob.post_on("/profile/", given) == "/profile/"
        assert "Bob O’Brien" in bob.get("/").source
        person = Person.objects.get(pk=cast.bob.pk)
        assert person.timezone == "Asia/Singapore"
        assert re.search(r"\+08|Singapore", bob.get("/team/").texts("footer")[0])

    def test_what_is_wrong_is_named_and_kept(self, bob: Visitor) -> None:
        given = {"name": "", "language": "tlh", "timezone": "Mars/Olympus"}
        page = bob.post("/profile/", given)
        assert len(page.texts(".error-summary li")) == 3
        page = bob.post("/profile/", {"name": "\u202ebob", "language": "en", "timezone": "UTC"})
        assert "invisible character" in page.texts(".error-summary")[0]

    def test_signing_out_everywhere_else_leaves_this_one(self, cast: Cast, bob: Visitor) -> None:
        elsewhere = Visitor(cast.bob)
        elsewhere.get("/messages/")
        assert "Every other browser" in bob.get("/profile/sessions/").text
        assert bob.post_on("/profile/sessions/") == "/profile/"
        bob.get("/messages/")
        assert elsewhere.client.get("/messages/").status_code == 302

    def test_people_without_an_account_have_one_too(self, cast: Cast) -> None:
        with scope(cast.company.pk):
            Membership.objects.filter(person=cast.bob).delete()
        Visitor(cast.bob).get("/profile/")

    def test_visitors_are_asked_to_sign_in(self, nobody: Visitor) -> None:
        for path in ("/profile/", "/profile/sessions/"):
            assert nobody.sent_on(nobody.client.get(path)).startswith("/accounts/login/")


def test_the_development_codes_are_those_the_portal_takes(
    settings: Any, nobody: Visitor, tmp_path: Any
) -> None:
    settings.VAR = tmp_path
    someone = {
        "email": "alice@example.com",
        "role": "administrator",
        "password": "x",
        "totp_secret": TOTP_SECRET,
    }
    (tmp_path / "demo.json").write_text(json.dumps({"users": [someone], "staff": []}))
    before, page, after = code(), nobody.get("/development/codes/"), code()
    assert page.texts("tbody strong")[0] in {before, after}
    (tmp_path / "demo.json").unlink()
    assert "There is no demo here" in nobody.get("/development/codes/").text


@pytest.mark.parametrize(
    ("mail", "told"),
    [
        ("totp_activated", "An authenticator app was set up"),
        ("totp_deactivated", "Your authenticator app was turned off"),
        ("recovery_codes_generated", "New recovery codes were made"),
        ("webauthn_added", "A passkey was added"),
        ("webauthn_removed", "A passkey was removed"),
    ],
)
def test_a_change_of_a_factor_is_told_in_our_words(
    cast: Cast, mail: str, told: str, mailoutbox: list[Any]
) -> None:
    request = RequestFactory().get("/", HTTP_USER_AGENT="Test")
    request.user = cast.bob
    with request_context(request):
        get_adapter().send_mail(f"mfa/email/{mail}", "bob@example.com", {"user": cast.bob})
    (sent,) = mailoutbox
    assert sent.subject == told
    assert "Was it not you?" in sent.body
    assert "675998" in sent.body, "who writes (P-WHO-1)"
    assert told in sent.alternatives[0].content
