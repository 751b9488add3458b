"""PaaSoo's clients as they are: requests of every shape against the real door and the real portal, really committed."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest
from django.db import connections

from accounts.api_keys.scopes import KeyScope
from accounts.api_keys.services import NewKey, create_api_key
from accounts.models import Account
from messaging.pricing.services import publish_prices
from messaging.projections.services import push_account, push_prices
from paasoo_portal.web import Application
from tests import money
from tests.conftest import start_anew

SINGAPORE, IRELAND = "api.paasoo.com", "api.paasoo.eu"
PRICE = Decimal("0.035")
_texts = itertools.count(1)


class Wire:
    """The portal's one ASGI application in an event loop of its own, and who calls it."""

    def __init__(self, account: Account, key: NewKey) -> None:
        self.account, self.key = account, key
        self.credentials = {"key": key.key.key, "secret": key.secret}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._app = self._run(self._open())

    async def _open(self) -> Application:
        return Application()

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def call(self, method: str, path: str, *, host: str = SINGAPORE, **given: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app, client=("192.0.2.9", 4000))
            async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
                return await client.request(method, path, **given)

        return self._run(ask())  # type: ignore[no-any-return]

    def send(self, *, host: str = SINGAPORE, **changes: Any) -> dict[str, str]:
        """GET /json with a text of its own; a parameter that is None is left out."""
        given = {
            **self.credentials,
            "from": "Harbour",
            "to": "447700900123",
            "text": f"Parcel {next(_texts)}",
            **changes,
        }
        sent = {name: value for name, value in given.items() if value is not None}
        return strict(self.call("GET", "/json", host=host, params=sent))

    def close(self) -> None:
        self._run(self._app.door.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)


def strict(response: httpx.Response) -> dict[str, str]:
    """As the Go client reads it: HTTP 200, one JSON object, every value a string."""
    assert response.status_code == 200, (response.status_code, response.text)
    assert response.headers["content-type"] == "application/json"
    found = json.loads(response.content)
    assert isinstance(found, dict)
    assert all(isinstance(value, str) for value in found.values()), found
    if found["status"] == "0":
        assert set(found) <= {"status", "messageid", "messageids"}
    else:
        assert set(found) == {"status", "status_code"}
    return found


def key_of(account: Account, **fields: Any) -> NewKey:
    fields.setdefault("scopes", [scope.value for scope in KeyScope])
    made = create_api_key(account_id=account.pk, name="Server", created_by_id=None, **fields)
    push_account(account_id=account.pk)
    return made


def stored(alias: str) -> int:
    """The messages in a region's database, whoever's they are."""
    with money.owner(alias) as connection:
        row = connection.execute("SELECT count(*) FROM messaging_message").fetchone()
    return int(row[0]) if row else 0


@pytest.fixture(scope="module")
def untouched(django_db_setup: None, django_db_blocker: Any) -> None:
    """Databases, epochs and vault as nobody has left them: nights that tests before us ran are not ours."""
    with django_db_blocker.unblock():
        start_anew()


@pytest.fixture
def wire(untouched: None, app: None) -> Iterator[Wire]:
    """A company with 10 EUR, at home in Singapore, and its key."""
    publish_prices({("GB", ""): PRICE, ("US", ""): Decimal("0.0075")}, effective_on=date(2024, 1, 1))
    push_prices()
    company = money.account(10, region="sg", name="Harbour Logistics")
    push_account(account_id=company.pk)
    found = Wire(company, key_of(company))
    yield found
    found.close()
    connections.close_all()


@pytest.fixture
def other(wire: Wire) -> Iterator[Wire]:
    """Another company, with a key of its own."""
    company = money.account(10, region="ie", name="Northwind Clinics")
    push_account(account_id=company.pk)
    found = Wire(company, key_of(company))
    yield found
    found.close()


__all__ = ["IRELAND", "PRICE", "SINGAPORE", "Wire", "key_of", "stored", "strict"]
