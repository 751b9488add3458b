"""What the loop of crashes needs: empty databases really committed, a clock of its own, a server that takes pushes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from messaging.allowance import selectors
from paasoo_portal.core import clock
from tests import money
from tests.conftest import spoil


class Pushes:
    """A customer's server: what it was told of each message, by classic id."""

    def __init__(self) -> None:
        self.told: dict[str, list[str]] = {}
        pushes = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                given = parse_qs(urlsplit(self.path).query)
                pushes.told.setdefault(given["messageid"][0], []).append(given["statuscode"][0])
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/receipts?of=loop"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def pushes() -> Iterator[Pushes]:
    server = Pushes()
    yield server
    server.close()


@pytest.fixture
def own_clock(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """The clock file of this test and its children, and of nobody else."""
    settings.CLOCK_FILE = tmp_path / "clock"
    clock._read_at = 0.0
    yield settings.CLOCK_FILE
    clock._read_at = 0.0


@pytest.fixture
def worker(committed: None, own_clock: Path) -> Iterator[None]:
    """The worker's role, on databases that nobody has touched."""
    selectors._unreachable_until.clear()
    with money.role("worker"):
        yield
    spoil()  # days have passed, and with them today's partitions
