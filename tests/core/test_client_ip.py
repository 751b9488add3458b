"""Whose address counts: what only our own proxies can have written."""

from __future__ import annotations

import pytest

from paasoo_portal.core.http.client_ip import allowed, client_ip

PEER = "203.0.113.9"


@pytest.mark.parametrize(
    ("forwarded", "proxies", "found"),
    [
        ("", 0, PEER),
        ("198.51.100.1", 0, PEER),
        ("198.51.100.1", 1, "198.51.100.1"),
        ("192.0.2.66, 198.51.100.1", 1, "198.51.100.1"),
        ("192.0.2.66, 198.51.100.1, 10.0.0.1", 2, "198.51.100.1"),
        (" 192.0.2.66 ,, 198.51.100.1 ", 1, "198.51.100.1"),
        ("198.51.100.1", 2, None),
        ("", 1, None),
        ("unknown", 1, None),
        ("198.51.100.1:443", 1, None),
        ("2001:db8::1", 1, "2001:db8::1"),
        ("::ffff:198.51.100.1", 1, "198.51.100.1"),
    ],
)
def test_the_entry_of_the_outermost_trusted_proxy(forwarded: str, proxies: int, found: str | None) -> None:
    address = client_ip(PEER, forwarded, proxies)
    assert (None if address is None else str(address)) == found


@pytest.mark.parametrize(
    ("networks", "admitted"),
    [
        ([], True),
        (["203.0.113.0/24"], True),
        (["203.0.113.9"], True),
        (["198.51.100.0/24", "203.0.113.8/31"], True),
        (["203.0.113.0/29"], False),
        (["2001:db8::/32"], False),
        (["::/0"], False),
    ],
)
def test_lists_of_networks(networks: list[str], admitted: bool) -> None:
    assert allowed(client_ip(PEER, "", 0), networks) is admitted


def test_an_unknown_caller_is_on_no_list() -> None:
    assert allowed(None, [])
    assert not allowed(None, ["0.0.0.0/0", "::/0"])
