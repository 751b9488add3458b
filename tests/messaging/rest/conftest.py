"""A program of the cast's company, speaking REST v1."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.api_keys.scopes import KeyScope
from accounts.api_keys.services import create_api_key
from accounts.models import Account
from messaging.messages.models import Message
from messaging.messages.states import State
from messaging.projections.services import push_account
from paasoo_portal.core.tenancy import scope
from tests.pages.conftest import Cast, cast, own_cache, send

__all__ = ["cast", "own_cache", "send"]
ALL = [one.value for one in KeyScope]
_texts = itertools.count(1)


class Program:
    """Calls with a key; every answer below v1 is JSON, and every refusal a problem detail."""

    def __init__(self, account: Account, scopes: Sequence[str] = ALL, **fields: Any) -> None:
        made = create_api_key(account_id=account.pk, name="Test", created_by_id=None, scopes=scopes, **fields)
        push_account(account_id=account.pk)
        self.account, self.key_id = account, made.key.pk
        self.key, self.secret = made.key.key, made.secret
        self.client = Client(HTTP_HOST="api.paasoo.com")

    def call(
        self, method: str, path: str, body: Any = None, *, status: int = 200, **headers: str
    ) -> dict[str, Any]:
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        headers.setdefault("Authorization", f"Bearer {self.key}.{self.secret}")
        self.last: HttpResponse = self.client.generic(
            method, f"/v1/{path}", content, content_type="application/json", headers=headers
        )
        assert self.last.status_code == status, (self.last.status_code, self.last.content)
        if status == 204:
            return {}
        found = json.loads(self.last.content)
        if status >= 400:
            assert self.last["Content-Type"] == "application/problem+json"
            assert found["status"] == status
            assert found["type"].startswith("/problems/")
            assert found["detail"]
        return found

    def send(self, to: str = "+447700900123", *, status: int = 202, **fields: Any) -> dict[str, Any]:
        """A message with a text of its own."""
        given = {"to": to, "text": f"Parcel {next(_texts)}", **fields}
        headers = {"Idempotency-Key": given.pop("once")} if "once" in given else {}
        return self.call("POST", "messages", given, status=status, **headers)

    def decide(self, *ids: str) -> None:
        """As if these had been delivered."""
        with scope(self.account.pk, using=["sg"]):
            Message.objects.using("sg").filter(pk__in=ids).update(state=State.DELIVERED)


@pytest.fixture
def program(cast: Cast) -> Program:
    return Program(cast.company)


@pytest.fixture
def stranger(cast: Cast) -> Program:
    return Program(cast.other)


def stored(account: Account, alias: str = "sg") -> int:
    with scope(account.pk, using=[alias]):
        return Message.objects.using(alias).filter(account_id=account.pk).count()
