"""The endpoint decides where data lie; nothing is guessed in production. Keeps P-LOC-1."""

from __future__ import annotations

from typing import Any

import pytest

from paasoo_portal.core import regions

HOSTS = {
    "api.paasoo.com": "sg",
    "api2.paasoo.com": "sg",
    "client.paasoo.com": "sg",
    "clientsms.paasoo.com": "sg",
    "paasoo.com": "sg",
    "api.paasoo.hk": "hk",
    "api.paasoo.cn": "cn",
    "api.paasoo.com.tw": "tw",
    "api.paasoo.in": "in",
    "api.paasoo.eu": "ie",
    "www.paasoo.eu": "ie",
}


@pytest.mark.parametrize(("host", "code"), HOSTS.items())
def test_every_endpoint_has_its_region(host: str, code: str) -> None:
    for written in (host, host.upper(), f"{host}:443", f"{host}.", f"{host}.:8000"):
        assert regions.by_host(written).code == code, written


@pytest.fixture
def production(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PRODUCTION = True
    monkeypatch.setattr(regions, "_host_table", {})


@pytest.mark.parametrize(
    "host",
    [
        "", "localhost", "eu.localhost", "127.0.0.1", "[::1]:8000", "paasoo.eu.example.com", "apixpaasoo.eu",
        "notpaasoo.com", "api.paasoo.eu.", "api.paasoo.eu:443",
    ],
)  # fmt: skip
def test_production_knows_its_hosts_and_no_other(production: None, host: str) -> None:
    if host.startswith("api.paasoo.eu"):
        assert regions.by_host(host).code == "ie"
    else:
        with pytest.raises(regions.UnknownHost):
            regions.by_host(host)


def test_a_developers_machine_is_singapore_unless_it_says_otherwise() -> None:
    assert regions.by_host("localhost:8000").code == "sg"
    assert regions.by_host("eu.localhost:8000").code == "ie"
    assert regions.by_host("hk.localhost").code == "hk"


def test_six_regions_and_in_production_six_databases() -> None:
    table = regions.region_table(folded=False)
    assert len(table) == len({region.alias for region in table.values()}) == 6
    assert {region.alias for region in regions.region_table(folded=True).values()} == {"sg", "ie"}
    assert regions.aliases() == ["ie", "sg"]
