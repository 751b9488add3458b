"""Making the copies of some messages for one hold or case: opened once more, sealed under its key, added once.

What cannot be opened any more is copied without it: one damaged row must not keep a whole night from its work.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connections

from messaging.messages.models import Message, MessageEvent
from messaging.messages.states import FINAL
from messaging.preservation.models import PreservedMessage
from paasoo_portal.core import bulk, clock
from paasoo_portal.core.ids import uuid7
from privacy.keys import DataKey, Erased, Opener, SealRefused, UnknownKey
from privacy.preservation.models import TABLE as PRESERVATION
from privacy.preservation.models import Preservation

log = logging.getLogger(__name__)

TABLE: Final = PreservedMessage._meta.db_table
MESSAGES: Final = Message._meta.db_table
ABOUT: Final = "about_sealed"
CONTENT, NUMBER = "content", "number"
# The clear columns that go along, sealed as one text.
FIELDS: Final = (
    "direction",
    "state",
    "sender",
    "channel",
    "country",
    "network",
    "encoding",
    "segments",
    "price",
    "api_key_id",
    "client_ref",
    "carrier",
    "carrier_ref",
    "error_code",
    "sent_at",
    "final_at",
    "content_due_on",
    "number_due_on",
)
_COLUMNS: Final = (
    ("id", "uuid"),
    ("account_id", "uuid"),
    ("case_id", "uuid"),
    ("message_id", "uuid"),
    ("key_id", "uuid"),
    ("decided", "boolean"),
    ("about_sealed", "bytea"),
    ("number_sealed", "bytea"),
    ("content_sealed", "bytea"),
    ("copied_at", "timestamptz"),
)


class Copier:
    """For one hold or case in one database, within one transaction and scope. Raises Erased once its key is gone."""

    def __init__(self, alias: str, row: Preservation) -> None:
        self.alias, self.row = alias, row
        self.key: DataKey = Opener(alias, row.account_id).key(row.key_id)
        self.opener = Opener(alias, row.account_id, until_taken=True)

    @property
    def number(self) -> str:
        """The number whose messages are covered; "" for every number."""
        if self.row.number_sealed is None:
            return ""
        sealed = bytes(self.row.number_sealed)
        plain = self.key.open(sealed, table=PRESERVATION, column="number_sealed", row=self.row.pk)
        return plain.decode()

    def about(self, messages: Sequence[Message]) -> list[Message]:
        """Those of the messages with the covered number."""
        wanted = self.number
        if not wanted:
            return list(messages)
        self.opener.prefetch({one.number_key_id for one in messages})
        return [one for one in messages if self._open(one, NUMBER) == wanted.encode()]

    def add(self, messages: Sequence[Message]) -> int:
        """Copy them, each once; how many were asked for. Needs no right to read copies."""
        if not messages:
            return 0
        self.opener.prefetch({key for one in messages for key in (one.number_key_id, one.content_key_id)})
        told = self._events(messages)
        now = clock.now()
        values = [self._copy(one, told.get(one.pk, []), now) for one in messages]
        with connections[self.alias].cursor() as cursor:
            bulk.insert_unnest(cursor, TABLE, _COLUMNS, values, "ON CONFLICT DO NOTHING")
        return len(messages)

    def tell(self, message: Message, copy_id: UUID) -> bytes:
        """What the clear columns and the steps say now, sealed for that copy."""
        return self._about(message, self._events([message]).get(message.pk, []), copy_id)

    def _copy(self, message: Message, steps: list[dict[str, Any]], now: Any) -> tuple[Any, ...]:
        identity = uuid7(now)
        return (
            identity,
            self.row.account_id,
            self.row.pk,
            message.pk,
            self.row.key_id,
            message.state in FINAL,
            self._about(message, steps, identity),
            self._anew(message, NUMBER, identity) if self.row.with_number else None,
            self._anew(message, CONTENT, identity) if self.row.with_content else None,
            now,
        )

    def _about(self, message: Message, steps: list[dict[str, Any]], identity: UUID) -> bytes:
        told = {name: getattr(message, name) for name in FIELDS} | {"steps": steps}
        plain = json.dumps(told, default=str, ensure_ascii=False).encode()
        return self.key.seal(plain, table=TABLE, column=ABOUT, row=identity)

    def _events(self, messages: Sequence[Message]) -> dict[UUID, list[dict[str, Any]]]:
        known = [one.pk for one in messages]
        rows = MessageEvent.objects.using(self.alias).filter(
            account_id=self.row.account_id,
            message_id__in=known,
            message_id__gte=min(known),
            message_id__lte=max(known),
        )
        found: dict[UUID, list[dict[str, Any]]] = {}
        for event in rows.order_by("at", "pk"):
            step = {
                "state": event.state,
                "actor": event.actor,
                "at": event.at,
                "error_code": event.error_code,
            }
            found.setdefault(event.message_id, []).append(step)
        return found

    def _anew(self, message: Message, what: str, identity: UUID) -> bytes | None:
        plain = self._open(message, what)
        if plain is None:
            return None
        return self.key.seal(plain, table=TABLE, column=f"{what}_sealed", row=identity)

    def _open(self, message: Message, what: str) -> bytes | None:
        sealed = getattr(message, f"{what}_sealed")
        if sealed is None:
            return None
        key_id = getattr(message, f"{what}_key_id")
        try:
            return self.opener.open(
                key_id, bytes(sealed), table=MESSAGES, column=f"{what}_sealed", row=message.pk
            )
        except Erased:
            return None
        except (SealRefused, UnknownKey) as problem:
            log.error(
                "a covered value cannot be copied",
                extra={"row": str(message.pk), "problem": type(problem).__name__},
            )
            return None
