"""The one door to the network: nothing private is reached in whatever disguise, and nothing is followed."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPException
from typing import Any

import pytest

from paasoo_portal.core import outbound

PRIVATE = [
    "127.0.0.1",
    "127.0.0.2",
    "127.255.255.254",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "169.254.169.254",
    "169.254.0.1",
    "100.64.0.1",
    "100.127.255.254",
    "192.0.0.1",
    "192.0.0.8",
    "192.0.0.170",
    "192.88.99.1",
    "198.18.0.1",
    "198.19.255.255",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::10.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:0",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::",
    "2002:a00:1::",
    "2002:c0a8:1::",
    "2001:0:7f00:1::",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "2001::1",
    "2001:db8::1",
    "2001:10::1",
    "2001:20::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "100::1",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.215.14",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700:4700::1111",
    "2a00:1450::1",
    "2002:808:808::",
]
BAD_URLS = [
    "", "example.com", "//example.com/", "/path", "http://", "http:///path", "https://:443/", "ftp://example.com/",
    "file:///etc/passwd", "gopher://example.com/", "javascript:alert(1)", "data:text/plain,x", "dict://example.com/",
    "http://user@example.com/", "http://user:password@example.com/", "http://127.0.0.1@example.com/",
    "http://example.com@127.0.0.1/", "http://example.com:0x50/", "http://example.com:99999/", "http://example.com:-1/",
    "http://example.com/\r\nHost: other", "http://example.com/ a", "http://exa mple.com/", "http://example.com/\x00",
    "http://[::1/", "http://example.com/" + "a" * 2000, "HTTP//example.com",
]  # fmt: skip


@pytest.fixture
def strict(settings: Any) -> None:
    settings.OUTBOUND_ALLOW_LOOPBACK = False


@pytest.fixture
def resolves(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """A resolver that answers as told, a list for each look-up; and a record of where somebody connected."""

    def answer(*rounds: list[str]) -> list[str]:
        reached: list[str] = []
        left = list(rounds)

        def getaddrinfo(host: str, port: int, **kwargs: Any) -> list[Any]:
            addresses = left.pop(0) if len(left) > 1 else left[0]
            return [(0, 0, 0, "", (address, port)) for address in addresses]

        def connect(address: tuple[str, int], timeout: float) -> socket.socket:
            reached.append(address[0])
            raise ConnectionRefusedError

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        monkeypatch.setattr(socket, "create_connection", connect)
        return reached

    return answer


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public(address: str) -> None:
    assert not outbound.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public(address: str) -> None:
    assert outbound.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_that_leads_there_is_refused_and_nobody_connects(
    strict: None, resolves: Callable[..., list[str]], address: str
) -> None:
    for answer in ([address], ["8.8.8.8", address], [address, "8.8.8.8"]):
        reached = resolves(answer)
        with pytest.raises(outbound.OutboundRefused, match="forbidden_address"):
            outbound.fetch("POST", "https://hooks.example.com/")
        assert reached == []


def test_a_second_look_up_cannot_swap_the_address(strict: None, resolves: Callable[..., list[str]]) -> None:
    reached = resolves(["8.8.8.8"], ["127.0.0.1"])
    with pytest.raises(ConnectionRefusedError):
        outbound.fetch("POST", "https://rebinding.example.com/")
    assert reached == ["8.8.8.8"]


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "0x7f.1", "2130706433", "017700000001", "127.1", "0", "localhost", "[::1]", "[::ffff:7f00:1]",
     "１２７.０.０.１", "127。0。0。1", "LOCALHOST", "localhost."],
)  # fmt: skip
def test_the_machines_own_address_in_every_spelling(strict: None, host: str) -> None:
    with pytest.raises(outbound.OutboundRefused):
        outbound.fetch("GET", f"http://{host}/")


@pytest.mark.parametrize("url", BAD_URLS)
def test_urls_that_are_none_of_ours(strict: None, url: str, resolves: Callable[..., list[str]]) -> None:
    reached = resolves(["8.8.8.8"])
    with pytest.raises(outbound.OutboundRefused):
        outbound.check_url(url)
    with pytest.raises(outbound.OutboundRefused):
        outbound.fetch("GET", url)
    assert reached == []


@pytest.mark.parametrize("port", [22, 25, 5432, 6379, 8000, 8080, 65535])
def test_only_the_webs_ports(strict: None, port: int) -> None:
    with pytest.raises(outbound.OutboundRefused, match="bad_port"):
        outbound.check_url(f"http://hooks.example.com:{port}/")


@pytest.mark.parametrize(
    "url", ["http://hooks.example.com", "https://hooks.example.com:443/a?b=c#d", "http://h.test:80"]
)
def test_ordinary_urls_pass(strict: None, url: str) -> None:
    outbound.check_url(url)


class Endpoint:
    """A customer's server on the loopback address, saying exactly what it is told to."""

    def __init__(self, *pieces: bytes, pause: float = 0) -> None:
        self.asked = b""
        self.calls = 0
        self._pieces, self._pause = pieces, pause
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.calls += 1
            with connection:
                self.asked = connection.recv(65536)
                if self.asked.startswith(b"POST") and self.asked.endswith(b"\r\n\r\n"):
                    self.asked += connection.recv(65536)
                try:
                    for piece in self._pieces:
                        connection.sendall(piece)
                        if self._ended.wait(self._pause):
                            return
                except OSError:
                    continue

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def close(self) -> None:
        self._ended.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


@pytest.fixture
def serve() -> Iterator[Callable[..., Endpoint]]:
    made: list[Endpoint] = []

    def make(*pieces: bytes, pause: float = 0) -> Endpoint:
        made.append(Endpoint(*pieces, pause=pause))
        return made[-1]

    yield make
    for endpoint in made:
        endpoint.close()


def test_says_what_it_was_given_and_reads_the_answer(serve: Callable[..., Endpoint]) -> None:
    endpoint = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    answer = outbound.fetch(
        "POST", endpoint.url("/a?b=c#fragment"), headers={"Content-Type": "text/plain"}, body=b"hello"
    )
    assert (answer.status, answer.body) == (200, b"ok")
    head, _, body = endpoint.asked.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /a?b=c HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{endpoint.port}".encode() in head
    assert b"User-Agent: PaaSoo" in head
    assert body == b"hello"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_follows_nothing(serve: Callable[..., Endpoint], status: int) -> None:
    other = serve(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    endpoint = serve(
        f"HTTP/1.1 {status} Moved\r\nLocation: {other.url()}\r\nContent-Length: 0\r\n\r\n".encode()
    )
    assert outbound.fetch("GET", endpoint.url()).status == status
    assert other.calls == 0


def test_reads_little_and_unpacks_nothing(serve: Callable[..., Endpoint]) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"
    endpoint = serve(head, *[b"x" * 65536] * 200)
    assert outbound.fetch("GET", endpoint.url()).body == b"x" * outbound.MAX_REPLY


@pytest.mark.parametrize(
    "answer",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
     b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
)  # fmt: skip
def test_what_is_not_http_is_a_failed_call(serve: Callable[..., Endpoint], answer: bytes) -> None:
    with pytest.raises((OSError, HTTPException)):
        outbound.fetch("GET", serve(answer).url(), timeout=3)


@pytest.mark.parametrize(
    "pieces",
    [
        [b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"] + [b"x"] * 99,
        [b"HTTP/1.1 200 OK\r\n"] + [b"A: b\r\n"] * 99,
    ],
)
def test_an_endpoint_that_drips_holds_us_no_longer_than_the_time_allowed(
    serve: Callable[..., Endpoint], pieces: list[bytes]
) -> None:
    endpoint = serve(*pieces, pause=0.2)
    began = time.monotonic()
    with pytest.raises((OSError, HTTPException)):
        outbound.fetch("GET", endpoint.url(), timeout=1)
    assert time.monotonic() - began < 3


def test_loopback_is_for_developers_alone(strict: None, serve: Callable[..., Endpoint]) -> None:
    endpoint = serve(b"HTTP/1.1 200 OK\r\n\r\n")
    with pytest.raises(outbound.OutboundRefused):
        outbound.fetch("GET", endpoint.url())
    assert endpoint.calls == 0
