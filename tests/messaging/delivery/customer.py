"""A customer's server on the loopback address: it answers as the test says, and remembers what it was told."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Behaviour = Callable[[BaseHTTPRequestHandler], None]


def answer(status: int, **headers: str) -> Behaviour:
    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return behave


def close(handler: BaseHTTPRequestHandler) -> None:
    """Say nothing at all."""
    handler.connection.shutdown(socket.SHUT_RDWR)


def after(seconds: float, behave: Behaviour) -> Behaviour:
    def slow(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(seconds)
        behave(handler)

    return slow


class Customer:
    """`behave` may be changed at any time; `calls` are the requests' targets in the order of their coming."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.at: list[float] = []
        self.methods: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.behave: Behaviour = answer(200)
        self.let_go = threading.Event()
        self.most_at_once = 0
        self._inside = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/reports"

    def parameters(self, index: int = -1) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.calls[index]).query, keep_blank_values=True, strict_parsing=True)

    def hang(self, handler: BaseHTTPRequestHandler) -> None:
        """Take the call and never answer, until the test ends."""
        self.let_go.wait(60)

    @contextmanager
    def open(self) -> Iterator[Customer]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            self.let_go.set()
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        customer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                customer._take(self, b"")

            def do_POST(self) -> None:
                customer._take(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *args: Any) -> None:
                pass

        return Handler

    def _take(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        with self._lock:
            self.calls.append(handler.path)
            self.at.append(time.monotonic())
            self.methods.append(handler.command)
            self.headers.append(dict(handler.headers))
            self.bodies.append(body)
            self._inside += 1
            self.most_at_once = max(self.most_at_once, self._inside)
        try:
            self.behave(handler)
        finally:
            with self._lock:
                self._inside -= 1
