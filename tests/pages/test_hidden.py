"""A number in an address is sealed: to one session, one account, for fifteen minutes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from messaging.pages.hidden import hide, reveal
from paasoo_portal.core import clock
from paasoo_portal.core.ids import uuid7

ACCOUNT = uuid7()


def test_is_opened_by_its_own_session_and_account_only() -> None:
    token = hide("447700900123", session_key="one", account_id=ACCOUNT)
    assert reveal(token, session_key="one", account_id=ACCOUNT) == "447700900123"
    assert reveal(token, session_key="two", account_id=ACCOUNT) is None
    assert reveal(token, session_key="one", account_id=uuid7()) is None


def test_never_looks_the_same_twice() -> None:
    assert hide("447700900123", session_key="one", account_id=ACCOUNT) != hide(
        "447700900123", session_key="one", account_id=ACCOUNT
    )


def test_ends_after_fifteen_minutes() -> None:
    token = hide("447700900123", session_key="one", account_id=ACCOUNT)
    with clock.travel(by=timedelta(minutes=14)):
        assert reveal(token, session_key="one", account_id=ACCOUNT)
    with clock.travel(by=timedelta(minutes=16)):
        assert reveal(token, session_key="one", account_id=ACCOUNT) is None


@pytest.mark.parametrize("token", ["", "x", "447700900123", "é", "A" * 80, "=" * 9])
def test_what_is_no_token_opens_nothing(token: str) -> None:
    assert reveal(token, session_key="one", account_id=ACCOUNT) is None
