"""Reading copies, for the disclosure desk's job alone. Worker's role: PostgreSQL lets no page do it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from messaging.preservation.copying import ABOUT, TABLE
from messaging.preservation.models import PreservedMessage
from privacy.keys import Opener

_CHUNK: Final = 500


def copies(alias: str, case_id: UUID) -> Iterator[dict[str, Any]]:
    """Every copy of a hold or case in a database, in the order of the messages. Needs a system scope. Raises Erased."""
    opener = Opener(alias)
    rows = PreservedMessage.objects.using(alias).filter(case_id=case_id).order_by("message_id")
    for row in rows.iterator(chunk_size=_CHUNK):
        yield {
            "message": row.message_id,
            "copied_at": row.copied_at,
            "number": _open(opener, row, "number_sealed"),
            "text": _open(opener, row, "content_sealed"),
            "about": json.loads(_open(opener, row, ABOUT)),
        }


def _open(opener: Opener, row: PreservedMessage, column: str) -> str:
    sealed = getattr(row, column)
    if sealed is None:
        return ""
    return opener.open(row.key_id, bytes(sealed), table=TABLE, column=column, row=row.pk).decode()
