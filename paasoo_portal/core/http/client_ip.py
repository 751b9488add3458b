"""The caller's address, told once for allow-lists, limits, consent records and the audit."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client_ip(peer: str, forwarded_for: str, trusted_proxies: int) -> Address | None:
    """The address that called: the peer's, or the entry that the outermost trusted proxy appended.

    `trusted_proxies` says how many proxies of ours stand in front; with 0 the header is ignored.
    """
    candidate = peer
    if trusted_proxies:
        hops = [part.strip() for part in forwarded_for.split(",") if part.strip()]
        if len(hops) < trusted_proxies:
            return None
        candidate = hops[-trusted_proxies]
    try:
        address = ipaddress.ip_address(candidate)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def allowed(address: Address | None, networks: Sequence[str]) -> bool:
    """Whether an allow-list of CIDR texts admits the address; an empty list admits everybody."""
    if not networks:
        return True
    if address is None:
        return False
    return any(
        address in network
        for network in map(ipaddress.ip_network, networks)
        if network.version == address.version
    )
