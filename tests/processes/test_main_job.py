"""The main job from end to end, as issue 3 shows it: sent, delivered, paid, stored in its region alone, seen."""

from __future__ import annotations

import re
from decimal import Decimal
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener
from uuid import UUID

import pytest

from messaging.classic import ids
from tests.processes.client import Client, delivered
from tests.processes.portal import Portal, Seed, wait

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("processes")]
REGIONS = ("sg", "hk", "cn", "tw", "in", "ie")
PRICE = Decimal("0.0325")


def balance(client: Client) -> Decimal:
    told = client.get("ie", "/api/balance")
    assert told["currency"] == "EUR"
    return Decimal(told["balance"])


def homes(portal: Portal, classic_id: str) -> dict[str, UUID]:
    """The regional databases that have the message, with its id."""
    found: dict[str, UUID] = {}
    for region in REGIONS:
        rows = portal.query(
            region, "SELECT id FROM messaging_message WHERE id BETWEEN %s AND %s", ids.bounds(classic_id)
        )
        found.update((region, row[0]) for row in rows)
    return found


class Browser:
    """Signed in through the form."""

    def __init__(self, portal: Portal, seed: Seed) -> None:
        self._url = portal.url
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))
        page = self.get("/accounts/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token is not None
        given = {"csrfmiddlewaretoken": token[1], "login": seed.email, "password": seed.password}
        self.get("/accounts/login/", urlencode(given).encode())

    def get(self, path: str, body: bytes | None = None) -> str:
        with self._opener.open(Request(self._url + path, body), timeout=20) as answer:
            return str(answer.read().decode())


@pytest.mark.parametrize("region", ["sg", "ie"])
def test_a_message_from_the_call_to_the_page(portal: Portal, seed: Seed, client: Client, region: str) -> None:
    assert portal.readyz()[0] == 200
    before = balance(client)
    answer = client.send(region, f"Your parcel is at the door in {region}.", sender="Shown")
    assert answer["status"] == "0", answer
    wait(lambda: delivered(client, region, answer["messageid"]), 15, "it is not delivered")
    assert balance(client) == before - PRICE

    where = homes(portal, answer["messageid"])
    assert list(where) == [region]

    page = Browser(portal, seed).get(f"/messages/{region}/{where[region]}/")
    assert f"Your parcel is at the door in {region}." in page
    assert "Delivered" in page
    assert "Kept until" in page or "kept until" in page
