"""The cast of the pages' tests, and the invitations they are sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail

from tests.pages.conftest import Cast, alice, bob, cast, charlie, dana, nobody, own_cache, send, vera
from tests.pages.visitor import Visitor

Invite = Callable[..., str]


@pytest.fixture
def invite(alice: Visitor, django_capture_on_commit_callbacks: Any) -> Invite:
    """Have alice invite an address through the pages; the path that the email leads to."""

    def do(email: str = "new@example.com", role: str = "developer") -> str:
        with django_capture_on_commit_callbacks(execute=True):
            assert alice.post_on("/team/invite/", {"email": email, "role": role, "step": "send"}) == "/team/"
        return path_in_mail()

    return do


def path_in_mail() -> str:
    found = re.search(r"http://[^/\s]+(/invitations/\S+/)", str(mail.outbox[-1].body))
    assert found, mail.outbox[-1].body
    return found[1]


__all__ = ["Cast", "alice", "bob", "cast", "charlie", "dana", "nobody", "own_cache", "send", "vera"]
