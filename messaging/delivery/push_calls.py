"""One call to a customer's URL, and what is known of the customers' servers. Nothing here touches a database."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import UUID

from messaging.classic import ids
from messaging.classic.statuses import dr_status
from messaging.messages.states import State
from messaging.webhooks import signature
from paasoo_portal.core import outbound

CALL_SECONDS: Final = 10.0
# A server that answers is called so often at once.
MOST_AT_ONCE: Final = 8
SILENCES: Final = (10.0, 30.0, 120.0, 600.0)
_SILENT: Final = frozenset({"timeout", "no_answer", "no_address"})
_MOST_KNOWN: Final = 10_000


@dataclass(frozen=True, repr=False)
class Push:
    """One call to make; `url` is empty when there is nothing to call any more.

    A webhook's is a POST of `body`, signed with each of `secrets` at the moment of the call.
    """

    account_id: UUID
    message_id: UUID
    id: UUID
    endpoint_id: UUID | None
    message_state: int
    error_code: int | None
    attempts: int
    url: str = ""
    body: bytes | None = None
    secrets: tuple[str, ...] = ()

    @property
    def server_id(self) -> UUID:
        """What stands for the customer's server: a webhook that is silent does not hold up the others."""
        return self.endpoint_id or self.account_id


@dataclass(frozen=True)
class Result:
    """What came of a call: the status of an answer, or a short word for why there was none."""

    status: int | None = None
    error: str = ""

    @property
    def done(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """Standard Webhooks: the receiver wants nothing any more."""
        return self.status == HTTPStatus.GONE

    @property
    def silent(self) -> bool:
        return self.error in _SILENT


def address(url: str, push: Push, *, number: str, network: str) -> str:
    """The customer's URL with the classic parameters after its own."""
    code, word = dr_status(State(push.message_state))
    parameters = {
        "type": "dlr",
        "messageid": ids.encode(push.message_id),
        "to": number,
        "status": code,
        "statuscode": word,
        "errcode": push.error_code or 0,
        "network": network,
    }
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode(parameters))))
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


def call(push: Push) -> Result:
    """Make the call. Never raises for what the other side does."""
    if not push.url:
        return Result(error="no_url")
    try:
        answer = _fetch(push)
    except outbound.OutboundRefused as refused:
        return Result(error=refused.code)
    except TimeoutError:
        return Result(error="timeout")
    except (OSError, HTTPException):
        return Result(error="no_answer")
    return Result(answer.status, "" if 200 <= answer.status < 300 else "bad_status")


def _fetch(push: Push) -> outbound.Answer:
    if push.body is None:
        return outbound.fetch("GET", push.url, timeout=CALL_SECONDS)
    headers = signature.headers(str(push.id), push.body, push.secrets)
    return outbound.fetch("POST", push.url, headers=headers, body=push.body, timeout=CALL_SECONDS)


@dataclass
class _Server:
    answers: bool = False
    silences: int = 0
    silent_until: float = 0.0


class Servers:
    """Who answers is called several times at once; who does not is left alone, ever longer, and then tried once.

    Each process learns this by itself and forgets it when it ends: it saves waiting and decides nothing.
    """

    def __init__(self) -> None:
        self._known: dict[UUID, _Server] = {}

    def shares(self, under_way: Mapping[UUID, int]) -> dict[UUID, int]:
        """How many more calls each known server may have at once; any other has one."""
        now = time.monotonic()
        found = dict.fromkeys(under_way, 1) | {
            server_id: 0 if server.silent_until > now else MOST_AT_ONCE if server.answers else 1
            for server_id, server in self._known.items()
        }
        return {server_id: max(most - under_way.get(server_id, 0), 0) for server_id, most in found.items()}

    def silent(self) -> list[UUID]:
        """Servers that did not answer when they were last called."""
        return [server_id for server_id, server in self._known.items() if server.silences]

    def learn(self, server_id: UUID, result: Result) -> None:
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        server = self._known.setdefault(server_id, _Server())
        now = time.monotonic()
        if not result.silent:
            server.answers, server.silences, server.silent_until = True, 0, 0.0
        elif server.silent_until <= now:  # calls made together fail together, and count once
            server.answers = False
            server.silent_until = now + SILENCES[min(server.silences, len(SILENCES) - 1)]
            server.silences += 1

    def forget(self) -> None:
        self._known.clear()
