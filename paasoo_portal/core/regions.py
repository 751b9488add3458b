"""Regions: the endpoint decides where the user data of a request are stored.

Keeps P-LOC-1.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext


class UnknownHost(Exception):
    """No region answers on this host."""


@dataclass(frozen=True)
class Region:
    """A region of the traffic plane; `alias` is its database, `domain` the endpoint's domain."""

    code: str
    name: str
    domain: str
    alias: str

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        return gettext(self.name)


_TABLE = [
    ("sg", "Singapore", "paasoo.com"),
    ("hk", "Hong Kong", "paasoo.hk"),
    ("cn", "China mainland", "paasoo.cn"),
    ("tw", "Taiwan", "paasoo.com.tw"),
    ("in", "India", "paasoo.in"),
    ("ie", "Ireland", "paasoo.eu"),
]
_FOLDED = {"hk": "sg", "cn": "sg", "tw": "sg", "in": "ie"}
_SERVICES = ("api", "api2", "client", "clientsms")
DEFAULT_REGION = "sg"


def region_table(*, folded: bool) -> dict[str, Region]:
    """The regions by code; `folded` maps the six onto two databases, which is how the tests run."""
    return {
        code: Region(code, name, domain, _FOLDED.get(code, code) if folded else code)
        for code, name, domain in _TABLE
    }


def get(code: str) -> Region:
    return settings.REGIONS[code]


def alias(code: str) -> str:
    """The database alias in which the region's traffic lives."""
    return settings.REGIONS[code].alias


def of_alias(alias: str) -> Region:
    """The region that a database of traffic is named after."""
    return settings.REGIONS[alias]


def aliases() -> list[str]:
    """The distinct traffic-plane aliases, sorted."""
    return list(settings.TRAFFIC_ALIASES)


def by_host(host: str) -> Region:
    """The region that answers on `host` (a Host header: any case, port and trailing dot tolerated).

    Raises UnknownHost in production for a host outside the table; elsewhere it means Singapore.
    """
    name = host.rsplit("@", 1)[-1].lower()
    name = name.split("]")[0] if name.startswith("[") else name.split(":", 1)[0]
    code = _hosts().get(name.rstrip("."))
    if code is not None:
        return settings.REGIONS[code]
    if settings.PRODUCTION:
        raise UnknownHost
    return settings.REGIONS[DEFAULT_REGION]


_host_table: dict[str, str] = {}


def _hosts() -> dict[str, str]:
    if not _host_table:
        for region in settings.REGIONS.values():
            for service in _SERVICES:
                _host_table[f"{service}.{region.domain}"] = region.code
            _host_table[region.domain] = _host_table[f"www.{region.domain}"] = region.code
            if not settings.PRODUCTION:
                short = {"ie": "eu", "sg": "com"}.get(region.code, region.code)
                _host_table[f"{short}.localhost"] = _host_table[f"{region.code}.localhost"] = region.code
    return _host_table
