"""Staff pages: masked, recorded before shown, one account at a time, under the same strict policy."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail

from accounts.api_keys.services import create_api_key
from accounts.closure.models import AccountClosure
from accounts.models import Account, AccountState
from messaging.messages.models import Message
from messaging.pages import log
from messaging.pricing.models import Price
from paasoo_portal.core import audit, clock
from paasoo_portal.core.audit.models import AuditEvent
from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy import scope
from tests.pages.conftest import REGION, Cast, Send
from tests.pages.visitor import STRICT, Visitor

pytestmark = pytest.mark.django_db(databases="__all__")
MESSAGES = "/admin/messaging/message/"


def shown(visitor: Visitor, path: str, data: dict[str, str] | None = None) -> str:
    """An admin page's source; its frame is Django's, so only the policy and inline code are checked here."""
    response = visitor.client.get(path, data)
    assert response.status_code == 200, (path, response.status_code)
    sent = {part.strip() for part in response["Content-Security-Policy"].split(";")}
    assert sent == STRICT
    source = response.content.decode()
    assert " style=" not in source
    assert " onclick=" not in source
    return source


def looks(what: str) -> list[Any]:
    return list(AuditEvent.objects.filter(event=audit.Event.STAFF_VIEWED, data__what=what))


def test_customers_and_visitors_are_kept_out(alice: Visitor, nobody: Visitor) -> None:
    for path in ("/admin/", "/admin/accounts/person/", MESSAGES):
        assert alice.client.get(path).status_code in {302, 403}, path
        assert nobody.client.get(path).status_code == 302, path
    assert nobody.client.get("/admin/login/").status_code == 302


def test_staff_without_an_account_start_at_the_staff_pages(dana: Visitor) -> None:
    assert dana.sent_on(dana.client.get("/")) == "/admin/"
    assert "PaaSoo staff" in shown(dana, "/admin/")


def test_people_are_masked_and_looks_recorded(dana: Visitor, cast: Cast) -> None:
    page = shown(dana, "/admin/accounts/person/")
    assert "a•••@example.com" in page
    assert "alice@example.com" not in page
    page = shown(dana, f"/admin/accounts/person/{cast.alice.pk}/change/")
    assert "alice@example.com" not in page
    assert [(look.actor_id, look.subject_id) for look in looks("person")] == [(cast.dana.pk, cast.alice.pk)]


def test_staff_do_not_raise_their_own_rights(dana: Visitor, cast: Cast) -> None:
    page = shown(dana, f"/admin/accounts/person/{cast.dana.pk}/change/")
    assert 'name="is_superuser"' not in page
    assert 'name="is_active"' in page


def test_an_account_shows_members_and_keys_without_secrets(dana: Visitor, cast: Cast) -> None:
    made = create_api_key(account_id=cast.company.pk, name="Server", created_by_id=cast.bob.pk)
    page = shown(dana, f"/admin/accounts/account/{cast.company.pk}/change/")
    assert made.key.key in page
    assert made.secret not in page
    assert made.key.secret_hash not in page
    assert "b•••@example.com" in page
    assert "bob@example.com" not in page
    assert [look.chain for look in looks("account")] == [cast.company.pk]


def test_an_account_is_suspended_with_a_reason_and_works_again(
    dana: Visitor, alice: Visitor, cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    where = f"/admin/accounts/account/{cast.company.pk}"
    dana.post_on(f"{where}/change/", {"state": "closed", "throttle_per_second": "51"})
    found = Account.objects.get(pk=cast.company.pk)
    assert (found.state, found.throttle_per_second) == ("open", 51), "a state is no field to be typed over"
    assert "Choose a reason" in dana.client.post(f"{where}/suspend/", {"act": "suspend"}).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert dana.post_on(f"{where}/suspend/", {"act": "suspend", "why": "unpaid"}) == f"{where}/change/"
    found.refresh_from_db()
    assert found.state == "suspended"
    assert found.version > cast.company.version
    assert [one.to for one in mail.outbox] == [["alice@example.com"]]
    assert "An invoice is not paid." in mail.outbox[0].body
    assert "reason: An invoice is not paid" in alice.get("/audit/", {"who": "staff"}).text
    assert "works again" in shown(dana, f"{where}/suspend/")
    dana.post_on(f"{where}/suspend/", {"act": "suspend", "why": "abuse"})
    found.refresh_from_db()
    assert found.state == "suspended", "a second colleague who suspends does not set it to work again"
    with django_capture_on_commit_callbacks(execute=True):
        dana.post_on(f"{where}/suspend/", {"act": "resume"})
    found.refresh_from_db()
    assert found.state == "open"
    assert mail.outbox[1].subject == f"{cast.company.name} works again"


def test_only_closing_closes_and_what_is_closed_stays(dana: Visitor, cast: Cast) -> None:
    where = f"/admin/accounts/account/{cast.company.pk}/suspend/"
    closing = AccountClosure.objects.create(
        account_id=cast.company.pk, asked_by_id=cast.alice.pk, final_at=clock.now(), begun_at=clock.now()
    )
    Account.objects.filter(pk=cast.company.pk).update(state=AccountState.SUSPENDED)
    dana.post_on(where)
    assert Account.objects.get(pk=cast.company.pk).state == "suspended", f"closing {closing.pk} is under way"
    Account.objects.filter(pk=cast.company.pk).update(state=AccountState.CLOSED)
    assert dana.client.get(where).status_code == 404


def test_messages_are_read_one_account_at_a_time_masked(dana: Visitor, cast: Cast, send: Send) -> None:
    sent = send("447700900101", text="Not for staff")
    where = f"{MESSAGES}{REGION}/{cast.company.pk}/"
    assert where in shown(dana, MESSAGES, {"q": cast.company.name[:4]})
    for path in (where, f"{where}{sent.id}/"):
        page = shown(dana, path)
        assert "447700900101" not in page
        assert "+44••••••••01" in page
        assert "Not for staff" not in page
    assert [look.subject_id for look in looks("messages")] == [cast.company.pk]
    assert [look.subject_id for look in looks("message")] == [sent.id]
    assert dana.client.get(f"{where}{uuid7()}/").status_code == 404
    assert dana.client.get(f"{MESSAGES}{REGION}/{uuid7()}/").status_code == 404


def test_a_message_s_page_says_what_of_it_is_erased(dana: Visitor, cast: Cast, send: Send) -> None:
    sent, unkept = send("447700900101"), send(content_days=0)
    with scope(cast.company.pk, using=[REGION]):
        Message.objects.using(REGION).filter(pk=unkept.id).update(content_sealed=None)
    where = f"{MESSAGES}{REGION}/{cast.company.pk}/"
    assert "not kept beyond delivery" in shown(dana, f"{where}{unkept.id}/")
    for days in (31, 91):
        with clock.travel(by=timedelta(days=days)):
            page = shown(dana, f"{where}{sent.id}/")
        assert "<td>erased</td>" in page
        assert page.count("<td>–</td>") == (1 if days == 31 else 2)


def test_whose_messages_is_searched_by_name_or_identifier(dana: Visitor, cast: Cast) -> None:
    where = f"{MESSAGES}{REGION}/{cast.company.pk}/"
    for asked in ("", cast.company.name.upper(), str(cast.company.pk)):
        assert where in shown(dana, MESSAGES, {"q": asked})
    for asked in ("no such company", str(uuid7()), "%"):
        page = shown(dana, MESSAGES, {"q": asked})
        assert "No open account is called that." in page
    assert "Null characters are not allowed" in shown(dana, MESSAGES, {"q": "a\x00"})
    Account.objects.filter(pk=cast.company.pk).update(state=AccountState.CLOSED, name="")
    assert where not in shown(dana, MESSAGES)
    page = shown(dana, "/admin/accounts/account/")
    assert f'/change/">{cast.company.pk}</a>' in page, "the name is gone, the row is still to be opened"


def test_messages_of_an_account_are_filtered_and_turned_page_by_page(
    dana: Visitor, cast: Cast, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "PAGE", 2)
    sent = [send(f"44770090010{n}") for n in range(3)]
    where = f"{MESSAGES}{REGION}/{cast.company.pk}/"
    first = shown(dana, where, {"state": "underway"})
    assert [str(one.id) in first for one in sent] == [False, True, True]
    older = shown(dana, where, {"state": "underway", "before": str(sent[1].id)})
    assert [str(one.id) in older for one in sent] == [True, False, False]
    assert f"state=underway&amp;before={sent[1].id}" in first
    assert f"state=underway&amp;after={sent[0].id}" in older
    assert "No message fits" in shown(dana, where, {"state": "failures"})
    assert "must not be after" in shown(dana, where, {"first": "2026-05-02", "last": "2026-05-01"})


def test_nothing_is_shown_when_the_look_cannot_be_recorded(
    dana: Visitor, cast: Cast, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = send("447700900101")

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the trail is full")

    monkeypatch.setattr(audit, "record", broken)
    dana.client.raise_request_exception = False
    for path in (
        f"{MESSAGES}{REGION}/{cast.company.pk}/{sent.id}/",
        f"/admin/accounts/account/{cast.company.pk}/change/",
        f"/admin/accounts/person/{cast.alice.pk}/change/",
    ):
        response = dana.client.get(path)
        assert response.status_code == 500
        assert b"Harbour" not in response.content


def test_prices_go_through_the_service(dana: Visitor, cast: Cast) -> None:
    given = {
        "country": "IE",
        "network": "",
        "amount": "0.052",
        "effective_on": "2026-01-01",
    }
    dana.post_on("/admin/messaging/price/add/", given)
    assert Price.objects.get(country="IE").amount == Decimal("0.052")


@pytest.mark.parametrize(
    ("field", "wrong", "said"),
    [
        ("country", "XX", "No country has these letters"),
        ("country", "EU", "No country has these letters"),
        ("network", "23a10", "five or six digits"),
        ("amount", "-0.01", "never below zero"),
        ("effective_on", "9999-12-31", "of the years from 2000"),
    ],
)
def test_a_price_that_no_message_could_have_is_refused_and_kept(
    dana: Visitor, field: str, wrong: str, said: str
) -> None:
    given = {"country": "IE", "network": "", "amount": "0.052", "effective_on": "2026-01-01", field: wrong}
    page = dana.client.post("/admin/messaging/price/add/", given).content.decode()
    assert said in page
    assert f'value="{wrong}"' in page
    assert not Price.objects.filter(country="IE").exists()


def test_a_country_in_small_letters_is_the_same(dana: Visitor) -> None:
    given = {"country": "ie", "network": "27201", "amount": "0.052", "effective_on": "2026-01-01"}
    dana.post_on("/admin/messaging/price/add/", given)
    price = Price.objects.get(country="IE")
    changed = {"country": "GB", "network": "", "amount": "0.06", "effective_on": "2020-01-01"}
    dana.post_on(f"/admin/messaging/price/{price.pk}/change/", changed)
    price.refresh_from_db()
    assert (price.country, price.network, price.amount) == ("IE", "27201", Decimal("0.06"))


def test_public_names_mislead_nobody(dana: Visitor) -> None:
    given = {"name": "ac\u202eme", "subject": "x", "purpose": "x", "regions": "x"}
    page = dana.client.post("/admin/privacy/subprocessor/add/", given).content.decode()
    assert "invisible character" in page


def test_addresses_are_nowhere_else(dana: Visitor) -> None:
    assert dana.client.get("/admin/account/emailaddress/").status_code == 404
