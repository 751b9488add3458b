"""A drill's messages go the way of a customer's: through HTTP, the region's counters, the carrier's word, pages and a copy.

So that each store could hold a trace of them, had the product left one there: the broker and the cache, the log, the
answers kept for a second asking, the queue of tasks, and the exported file. What is not driven is named in
docs/auditors.md.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from django.test import Client

from accounts.api_keys.services import NewKey
from messaging.delivery.record import Report, record
from messaging.messages.states import Actor, State
from messaging.projections.models import RegionPrice
from messaging.projections.services import push_account
from paasoo_portal.core import clock
from paasoo_portal.core.logs import LineFormatter, RedactFilter
from paasoo_portal.core.tenancy import system_scope
from privacy.drill.restore import DrillImpossible
from privacy.drill.world import Message
from privacy.exports import services as exports
from privacy.exports.models import ExportKind


def use(
    *, account_id: UUID, key: NewKey, alias: str, domain: str, number: str, texts: list[str]
) -> list[Message]:
    """Send, deliver, look, search, export and be refused, as a program does. Raises DrillImpossible."""
    if not RegionPrice.objects.using(alias).filter(country="GB").exists():
        raise DrillImpossible(f"no price is published for GB in {alias}, so that the drill can send nothing")
    push_account(account_id=account_id)
    program = _Program(key, domain)
    sent: list[Message] = []
    for text in texts:
        body = {"to": f"+{number}", "text": text, "client_ref": f"drill-{len(sent)}"}
        told = program.call("POST", "messages", body, once=f"drill-{account_id}-{alias}-{len(sent)}")
        sent.append(Message(UUID(told["id"]), text, number))
    _deliver(alias, account_id, [one.row for one in sent])
    days = f"first_day={clock.today()}&last_day={clock.today()}"
    for path in (
        "messages",
        f"messages/{sent[0].row}",
        f"end-users/{number}?{days}",
        f"end-users/{number}/export?{days}",
    ):
        program.call("GET", path)
    program.call(
        "POST", "messages", {"to": f"+{number}", "text": texts[0], "from": "no@sender"}, refused=True
    )
    program.call("POST", "messages", {"to": f"{number}{number}", "text": texts[0]}, refused=True)
    return sent


def copy(*, account_id: UUID, person_id: UUID) -> Path:
    """Where a sealed copy of everything of the account lies, asked for by the queue and made as a worker makes it."""
    job = exports.ask(kind=ExportKind.ACCOUNT, person_id=person_id, account_id=account_id)
    exports.make(job.pk)
    path = exports.path_of(job.pk)
    if not path.exists():
        raise DrillImpossible("the account's copy was not made")
    return path


@contextmanager
def logged(path: Path) -> Iterator[None]:
    """What is logged meanwhile goes to a file among the logs too, line by line as the processes write theirs."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handler = logging.FileHandler(path)
    handler.setFormatter(LineFormatter())
    handler.addFilter(RedactFilter())
    logging.getLogger().addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()
        path.unlink(missing_ok=True)


def _deliver(alias: str, account_id: UUID, ids: list[UUID]) -> None:
    for state, actor in ((State.SENT, Actor.PAASOO), (State.DELIVERED, Actor.CARRIER)):
        with system_scope("drill", using=(alias,)):
            record(alias, [Report(account_id, one, state, actor, clock.now()) for one in ids])


class _Program:
    def __init__(self, key: NewKey, domain: str) -> None:
        self._client = Client(HTTP_HOST=f"api.{domain}")
        self._authorization = f"Bearer {key.key.key}.{key.secret}"

    def call(
        self,
        method: str,
        path: str,
        body: dict[str, str] | None = None,
        *,
        once: str = "",
        refused: bool = False,
    ) -> Any:
        headers = {"Authorization": self._authorization} | ({"Idempotency-Key": once} if once else {})
        answer = self._client.generic(
            method, f"/v1/{path}", json.dumps(body or {}), content_type="application/json", headers=headers
        )
        if (answer.status_code >= 400) != refused:
            raise DrillImpossible(f"{method} of a drill's message was answered with {answer.status_code}")
        return json.loads(answer.content)
