"""The page of refused requests: REST's refusals in words, by reason and day, for one's own account alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.api_keys.services import create_api_key
from messaging.accept.codes import SubmitCode
from messaging.pages import views_refused
from messaging.projections.services import push_account
from messaging.refusals import record
from messaging.refusals.models import Surface
from messaging.refusals.reasons import OF_CODE, OF_PROBLEM, REASONS
from messaging.rest.problems import KINDS
from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7
from tests.pages.conftest import REGION, Cast
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")


def note(cast: Cast, code: str = "throttled", **fields: Any) -> None:
    given = {"surface": Surface.CLASSIC, "key_id": uuid7(), "network": "192.0.2.0/24", **fields}
    record.refused(REGION, cast.company.pk, code=code, **given)


def test_an_empty_page_says_what_will_appear(alice: Visitor) -> None:
    assert "Requests that are refused appear here" in alice.get("/messages/refused/").text


def test_a_refusal_of_rest_stands_there_with_its_mend(alice: Visitor, cast: Cast) -> None:
    made = create_api_key(account_id=cast.company.pk, name="Server", created_by_id=None)
    push_account(account_id=cast.company.pk)
    for secret, body in ((made.secret, b'{"to": "abc", "text": "Hidden"}'), ("wrong", b"{}")):
        Client(HTTP_HOST="api.paasoo.com").generic(
            "POST",
            "/v1/messages",
            body,
            content_type="application/json",
            headers={"Authorization": f"Bearer {made.key.key}.{secret}"},
        )
    page = alice.get("/messages/refused/")
    assert "The secret was wrong" in page.text
    assert "Server" in page.text
    assert "127.0.0.0/24" in page.text
    assert "Hidden" not in page.source
    assert len(page.all("main tbody tr")) == 2


def test_filters_by_reason_and_day_and_turns_pages(
    alice: Visitor, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    for code in ("throttled", "throttled", "quota-exceeded"):
        note(cast, code)
    page = alice.get("/messages/refused/", {"code": "quota-exceeded"})
    assert len(page.all("main tbody tr")) == 1
    assert "Top the account up" in page.text
    yesterday = (clock.today() - timedelta(days=1)).isoformat()
    assert "No refused request fits" in alice.get("/messages/refused/", {"day": yesterday}).text
    monkeypatch.setattr(views_refused, "PAGE", 2)
    older = alice.get("/messages/refused/").all('a[rel="next"]')[0].get("href")
    assert len(alice.get(older).all("main tbody tr")) == 1


def test_bad_filters_are_named_and_never_a_fault(alice: Visitor) -> None:
    page = alice.get("/messages/refused/", {"day": "yesterday", "before": "nonsense"})
    assert page.texts(".error-summary a, .field-error") != []
    alice.get("/messages/refused/", {"region": "xx", "code": "\x00"})


def test_another_account_sees_nothing_of_it(charlie: Visitor, cast: Cast) -> None:
    note(cast)
    assert not charlie.get("/messages/refused/", {"region": REGION}).all("main tbody tr")


def test_every_code_has_its_words() -> None:
    assert set(OF_CODE) == set(SubmitCode) - {SubmitCode.SUCCESS}
    assert set(OF_PROBLEM) <= set(KINDS)
    assert set(OF_PROBLEM.values()) <= set(REASONS)
