"""A client of the classic API, and one that sends without end and remembers what it was told."""

from __future__ import annotations

import itertools
import json
import threading
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlencode

from tests.processes.portal import Seed

HOSTS = {"sg": "api.paasoo.com", "ie": "api.paasoo.eu"}
DELIVERED = "447700900100"


class Client:
    """One connection, opened anew when it breaks."""

    def __init__(self, port: int, seed: Seed, timeout: float = 20) -> None:
        self._port, self._seed, self._timeout = port, seed, timeout
        self._connection: HTTPConnection | None = None
        self.headers: dict[str, str] = {}

    def get(self, region: str, path: str, **given: str) -> Any:
        """The answer's JSON; None when there was none."""
        given = {"key": self._seed.key, "secret": self._seed.secret, **given}
        try:
            if self._connection is None:
                self._connection = HTTPConnection("127.0.0.1", self._port, timeout=self._timeout)
            self._connection.request("GET", f"{path}?{urlencode(given)}", headers={"Host": HOSTS[region]})
            answer = self._connection.getresponse()
            body = answer.read()
            self.headers = {name.lower(): value for name, value in answer.getheaders()}
            return json.loads(body) if answer.status == 200 else None
        except (OSError, HTTPException, ValueError):
            self.close()
            return None

    def send(self, region: str, text: str, *, to: str = DELIVERED, sender: str = "Test") -> Any:
        return self.get(region, "/json", **{"from": sender, "to": to, "text": text})

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def delivered(client: Client, region: str, classic_id: str) -> bool:
    """Whether the pull says so."""
    (told,) = client.get(region, "/api/dlr", messageid=classic_id) or [{"drStatuscode": ""}]
    return bool(told["drStatuscode"] == "delivered" and told["drStatus"] == 0)


@dataclass
class Sent:
    """What the client knows of one message; `status` None: no answer came."""

    sender: str
    region: str
    status: str | None
    id: str = ""
    seconds: float = 0


@dataclass
class Load:
    """About twenty messages a second, to both regions in turn, until told to stop. A context manager."""

    port: int
    seed: Seed
    name: str
    threads: int = 4
    pause: float = 0.2
    sent: list[Sent] = field(default_factory=list)

    def __enter__(self) -> Load:
        self._stop = threading.Event()
        self._numbers = itertools.count(1)
        self._threads = [threading.Thread(target=self._send, daemon=True) for _ in range(self.threads)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def _send(self) -> None:
        client = Client(self.port, self.seed)
        while not self._stop.wait(self.pause):
            number = next(self._numbers)
            sender, region = f"{self.name}{number}", ("ie", "sg")[number % 2]
            began = time.monotonic()
            answer = client.send(
                region, f"Message {sender}", to=f"447700900{200 + number % 700}", sender=sender
            )
            told = answer or {"status": None}
            self.sent.append(
                Sent(sender, region, told["status"], told.get("messageid", ""), time.monotonic() - began)
            )
        client.close()

    def accepted(self) -> list[Sent]:
        return [one for one in self.sent if one.status == "0"]
