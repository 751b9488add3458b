"""The one door to the network: every call we make to an address a customer chose goes through here.

Addresses are resolved once, unwrapped, judged, and then pinned, so that a second look-up cannot swap them;
redirects are not followed; little is read and nothing decompressed. `ipaddress.is_global` alone is no guard: it
passes NAT64, 6to4 and v4-compatible forms of the loopback address.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

MAX_REPLY: Final = 4096
MAX_URL: Final = 2000
_PORTS: Final = {"http": 80, "https": 443}
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_REFUSED: Final = [
    ipaddress.ip_network(text)
    for text in ("100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "fec0::/10", "2001::/23")
]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class OutboundRefused(Exception):
    """The URL may not be called; `code` is a short word of ours for the delivery's record."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Answer:
    """What came back: status, and at most the first 4 kB of the body."""

    status: int
    body: bytes


def check_url(url: str) -> None:
    """Judge a URL as far as that goes without the network. Raises OutboundRefused."""
    _parse(url)


def fetch(
    method: str,
    url: str,
    *,
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
    timeout: float = 10.0,
) -> Answer:
    """Call `url`, in `timeout` seconds all in all.

    Raises OutboundRefused for a forbidden address, OSError or HTTPException for a failed call.
    """
    host, port, secure, target = _parse(url)
    address = _resolve(host, port)
    connection = _Pinned(host, port, address, secure=secure, timeout=timeout)
    # A socket's own timeout begins anew with every byte: one that drips would hold us for hours.
    deadline = threading.Timer(timeout, connection.abort)
    deadline.start()
    try:
        connection.request(
            method,
            target,
            body=body,
            headers={"User-Agent": "PaaSoo", "Connection": "close", **(headers or {})},
        )
        response = connection.getresponse()
        answer = Answer(response.status, response.read(MAX_REPLY))
        if connection.aborted:
            raise TimeoutError("the answer took too long")
        return answer
    except ValueError as error:
        raise HTTPException(str(error)) from error
    except (OSError, HTTPException) as error:
        if connection.aborted:  # what the cut line looks like is chance
            raise TimeoutError("the answer took too long") from error
        raise
    finally:
        deadline.cancel()
        connection.close()


def is_public(address: Address) -> bool:
    """Whether an address is on the public Internet, whatever it is wrapped in."""
    inner = _unwrap(address)
    if inner != address:
        return is_public(inner)
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in network for network in _REFUSED if network.version == address.version)
    )


def _unwrap(address: Address) -> Address:
    if not isinstance(address, ipaddress.IPv6Address):
        return address
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour or address
    if address.teredo:
        return address.teredo[1]
    if address in _NAT64 or (int(address) >> 32 == 0 and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _parse(url: str) -> tuple[str, int, bool, str]:
    if len(url) > MAX_URL or any(ord(character) < 33 for character in url):
        raise OutboundRefused("bad_url")
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise OutboundRefused("bad_url") from error
    if parts.scheme not in _PORTS or not parts.hostname or parts.username or parts.password:
        raise OutboundRefused("bad_url")
    if port not in _PORTS.values() and not settings.OUTBOUND_ALLOW_LOOPBACK:
        raise OutboundRefused("bad_port")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.hostname, port, parts.scheme == "https", target


def _resolve(host: str, port: int) -> Address:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise OutboundRefused("no_address") from error
    addresses = [ipaddress.ip_address(str(entry[4][0]).split("%")[0]) for entry in found]
    for address in addresses:
        if not _permitted(address):
            raise OutboundRefused("forbidden_address")
    return addresses[0]


def _permitted(address: Address) -> bool:
    return is_public(address) or (settings.OUTBOUND_ALLOW_LOOPBACK and address.is_loopback)


class _Pinned(HTTPConnection):
    """Connects to the judged address and no other, while Host and certificate keep the name."""

    def __init__(self, host: str, port: int, address: Address, *, secure: bool, timeout: float) -> None:
        super().__init__(host, port, timeout=timeout)
        self._address = str(address)
        self._secure = secure
        self.aborted = False

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        if self._secure:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()
        if self.aborted:
            raise TimeoutError("the connection took too long")

    def abort(self) -> None:
        """End the call from another thread: whoever reads or writes sees the connection's end."""
        self.aborted = True
        with suppress(OSError, AttributeError):
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
