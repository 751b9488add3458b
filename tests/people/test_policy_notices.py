"""A material change of the policy is told to everybody it affects, once, and stays on their pages until read. P-POL-1."""

from __future__ import annotations

from datetime import timedelta
from smtplib import SMTPException
from typing import Any

import pytest
from django.core import mail

from accounts.models import PolicyNotice
from accounts.policy_notices.services import tell
from paasoo_portal.core import clock
from privacy.policy.models import PolicyVersion
from tests.pages.conftest import Cast, person
from tests.pages.visitor import Visitor

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def version() -> PolicyVersion:
    return PolicyVersion.objects.create(
        number="2027-01",
        effective_on=clock.today() + timedelta(days=30),
        published_at=clock.now(),
        material=True,
        changes="We add a data centre in Japan.",
        text="# New\n\nA text.",
    )


def test_everybody_is_told_once_and_late_comers_are_not(cast: Cast, version: PolicyVersion) -> None:
    with clock.travel(by=timedelta(minutes=5)):
        late = person("Late")
        count = tell()
        assert tell() == 0
    told = [address for sent in mail.outbox for address in sent.to]
    assert count == len(told) == len(set(told))
    assert {cast.alice.email, cast.dana.email, cast.vera.email} <= set(told)
    assert late.email not in told
    assert "We add a data centre in Japan." in str(mail.outbox[0].body)
    assert "/policy/2027-01/" in str(mail.outbox[0].body)


def test_small_changes_are_posted_only(cast: Cast, version: PolicyVersion) -> None:
    PolicyVersion.objects.update(material=False)
    assert tell() == 0


def test_a_mail_server_that_is_down_loses_nobody(
    cast: Cast, version: PolicyVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def third_fails(_template: str, to: str, *_args: Any, **_kwargs: Any) -> None:
        tried.append(to)
        if len(tried) == 3:
            raise SMTPException

    monkeypatch.setattr("accounts.policy_notices.services.mail.send", third_fails)
    assert tell() == 2
    tell()
    assert len(set(tried)) == PolicyNotice.objects.count()
    assert len(tried) == len(set(tried)) + 1


def test_it_stays_on_the_pages_until_it_is_read(cast: Cast, vera: Visitor, version: PolicyVersion) -> None:
    assert "privacy policy changes" not in vera.get("/").text
    tell()
    for path in ("/", "/privacy/"):
        assert "We add a data centre in Japan." in vera.get(path).text
    assert vera.post_on("/privacy/policy-seen/", {"then": "centre"}) == "/privacy/"
    for path in ("/", "/privacy/"):
        assert "data centre in Japan" not in vera.get(path).text
