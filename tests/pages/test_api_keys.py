"""API keys: the secret is shown once, stored as a hash, made once a form; revoked by a page of its own."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.api_keys import services
from accounts.api_keys.services import create_api_key, hash_secret
from accounts.models import ApiKey
from messaging.key_use import record
from messaging.projections.services import push_account
from paasoo_portal.core import audit
from paasoo_portal.core.audit.models import AuditEvent
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope
from tests.conftest import AsRole
from tests.pages.conftest import Cast
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")
GOOD = {
    "name": "Server",
    "scopes": ["messages:send"],
    "lifetime": "90",
    "ip_allow": "192.0.2.9/24\n2001:db8::1",
}


def keys(cast: Cast) -> list[ApiKey]:
    with scope(cast.company.pk):
        return list(ApiKey.objects.order_by("created_at"))


def filled(visitor: Visitor, **changes: object) -> dict[str, object]:
    once = visitor.get("/api-keys/new/").values()["once"]
    return {**GOOD, "once": once, **changes}


def test_shows_the_secret_once_and_stores_its_hash(alice: Visitor, cast: Cast) -> None:
    given = filled(alice)
    page = alice.post("/api-keys/new/", given)
    key, secret = page.texts("code")
    (stored,) = keys(cast)
    assert (stored.key, stored.secret_hash) == (key, hash_secret(secret))
    assert len(secret) >= 32
    assert stored.ip_allow == ["192.0.2.0/24", "2001:db8::1/128"]
    assert stored.expires_at is not None
    assert secret not in alice.get("/api-keys/").source
    assert secret not in str(list(AuditEvent.objects.values()))
    assert alice.post_on("/api-keys/new/", given) == "/api-keys/"
    assert len(keys(cast)) == 1


def test_forms_in_two_windows_make_two_keys(alice: Visitor, cast: Cast) -> None:
    forms = [filled(alice, name="First"), filled(alice, name="Second")]
    for given in reversed(forms):
        assert len(alice.post("/api-keys/new/", given).texts("code")) == 2
    assert [key.name for key in keys(cast)] == ["Second", "First"]


def test_a_form_that_lost_its_mark_is_told_and_kept(alice: Visitor, bob: Visitor, cast: Cast) -> None:
    for once in ("", "nonsense", str(uuid7()), filled(bob)["once"]):
        page = alice.post("/api-keys/new/", filled(alice, once=once))
        assert "did not come back whole" in page.texts(".error-summary")[0]
        assert page.values()["name"] == GOOD["name"]
    assert keys(cast) == []


def test_begins_with_the_least(alice: Visitor) -> None:
    page = alice.get("/api-keys/new/")
    assert [box.get("value") for box in page.all("[name=scopes]") if box.get("checked") is not None] == [
        "messages:send",
        "messages:read",
    ]


def test_wrong_fields_are_named_and_kept(alice: Visitor, cast: Cast) -> None:
    page = alice.post("/api-keys/new/", filled(alice, name="", scopes=[], ip_allow="nonsense"))
    assert page.texts(".error-summary a") == [
        "Enter a name for the key",
        "Choose at least one thing the key may do",
        "“nonsense” is not an IP address or network",
    ]
    assert "nonsense" in page.values()["ip_allow"]
    assert keys(cast) == []


def test_lists_who_made_it_and_its_use(alice: Visitor, cast: Cast) -> None:
    create_api_key(account_id=cast.company.pk, name="Server", created_by_id=cast.bob.pk)
    page = alice.get("/api-keys/")
    assert "Bob" in page.text
    assert "Never" in page.text


def test_is_revoked_by_a_page_and_listed_as_ended(alice: Visitor, cast: Cast) -> None:
    made = create_api_key(account_id=cast.company.pk, name="Server", created_by_id=cast.bob.pk)
    path = f"/api-keys/{made.key.pk}/revoke/"
    assert alice.get(path).title.startswith("Revoke “Server”?")
    assert alice.post_on(path) == "/api-keys/"
    assert "is revoked" in alice.get("/api-keys/").text
    assert keys(cast)[0].revoked_at is not None
    assert AuditEvent.objects.filter(event=audit.Event.API_KEY_REVOKED, subject_id=made.key.pk).count() == 1
    assert alice.sent_on(alice.client.get(path)) == "/api-keys/"


def test_another_accounts_key_is_not_found(charlie: Visitor, cast: Cast) -> None:
    made = create_api_key(account_id=cast.company.pk, name="Server", created_by_id=cast.bob.pk)
    path = f"/api-keys/{made.key.pk}/revoke/"
    for tail in ("", "change/", "second-secret/", "stop-former/", "revoke/"):
        assert charlie.client.get(f"/api-keys/{made.key.pk}/{tail}").status_code == 404
    assert charlie.client.post(path).status_code == 404
    assert keys(cast)[0].revoked_at is None
    assert "Server" not in charlie.get("/api-keys/").text


def test_a_second_secret_works_beside_the_first_until_it_is_stopped(
    alice: Visitor, cast: Cast, as_role: AsRole
) -> None:
    made = create_api_key(
        account_id=cast.company.pk, name="Server", created_by_id=cast.bob.pk, scopes=["balance:read"]
    )
    push_account(cast.company.pk)
    path = f"/api-keys/{made.key.pk}/"
    page = alice.post(f"{path}second-secret/")
    _key, second = page.texts("code")
    push_account(cast.company.pk)
    assert second not in alice.get(path).source
    assert (balance(made.secret, made), balance(second, made), balance("guess", made)) == (200, 200, 401)
    with as_role("worker"):
        assert record.fold("sg") == 2
        assert record.fold("sg") == 0
    page = alice.get(path)
    assert "Not since the newer one was made" not in page.text
    assert "Never" not in page.text
    assert "127.0.0.0/24" in page.text
    alice.post_on(f"{path}second-secret/")
    assert "has two secrets already" in alice.get(path).text
    assert alice.post_on(f"{path}stop-former/") == path
    push_account(cast.company.pk)
    assert (balance(made.secret, made), balance(second, made)) == (401, 200)
    events = set(AuditEvent.objects.filter(subject_id=made.key.pk).values_list("event", flat=True))
    assert events >= {audit.Event.API_KEY_ROTATED, audit.Event.API_KEY_FORMER_STOPPED}


def test_a_busy_key_is_noted_once_a_minute(cast: Cast, as_role: AsRole) -> None:
    made = create_api_key(
        account_id=cast.company.pk, name="Server", created_by_id=None, scopes=["balance:read"]
    )
    push_account(cast.company.pk)
    for _ in range(5):
        balance(made.secret, made)
    with as_role("worker"):
        assert record.fold("sg") == 1


def test_scopes_and_addresses_are_changed_on_its_page(alice: Visitor, cast: Cast) -> None:
    made = create_api_key(
        account_id=cast.company.pk, name="Server", created_by_id=None, scopes=["balance:read"]
    )
    path = f"/api-keys/{made.key.pk}/"
    given = {"name": "Other", "scopes": ["balance:read"], "ip_allow": "192.0.2.0/24"}
    assert alice.post_on(f"{path}change/", given) == path
    push_account(cast.company.pk)
    assert balance(made.secret, made) == 403, "it is called from elsewhere"
    assert "192.0.2.0/24" in alice.get(path).text
    page = alice.post(f"{path}change/", given | {"ip_allow": "nonsense"})
    assert "not an IP address" in page.texts(".error-summary li")[0]
    services.revoke_api_key(account_id=cast.company.pk, key_id=made.key.pk, revoked_by_id=None)
    assert alice.post_on(f"{path}change/", given) == path
    assert alice.post_on(f"{path}second-secret/") == path


def balance(secret: str, made: services.NewKey) -> int:
    return Client().get("/v1/balance", HTTP_AUTHORIZATION=f"Bearer {made.key.key}.{secret}").status_code


def test_hostile_names_stay_words(alice: Visitor, cast: Cast) -> None:
    create_api_key(
        account_id=cast.company.pk,
        name="<img src=x onerror=alert(1)>",
        created_by_id=None,
    )
    assert "<img src=x" in alice.get("/api-keys/").text
