"""One line of the journal: JSON with its own digest at its end and its predecessor's digest inside. Ids and dates only."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

INTENT, DONE, VOID = "intent", "done", "void"
MONTH: Final = "month"
NOTHING_BEFORE: Final = "0" * 64
_DIGEST: Final = re.compile(rb'(?s)(\{.*),"digest":"([0-9a-f]{64})"\}')


@dataclass(frozen=True)
class Entry:
    """`of` is the number of the intent that a `done` or `void` decides."""

    number: int
    at: datetime
    kind: str
    phase: str
    database: str
    previous: str
    of: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
    digest: str = ""


def encode(entry: Entry) -> tuple[bytes, str]:
    """The line (without its end) and its digest."""
    body: dict[str, Any] = {
        "n": entry.number,
        "at": entry.at.isoformat(),
        "kind": entry.kind,
        "phase": entry.phase,
        "database": entry.database,
        "prev": entry.previous,
    }
    if entry.of:
        body["of"] = entry.of
    if entry.facts:
        body["facts"] = entry.facts
    text = json.dumps(body, separators=(",", ":"), default=_plain).encode()
    digest = hashlib.sha256(text).hexdigest()
    return text[:-1] + b',"digest":"' + digest.encode() + b'"}', digest


def decode(line: bytes) -> Entry | None:
    """The entry, or None for what is no whole entry: a crash's torn line, or an altered one."""
    match = _DIGEST.fullmatch(line)
    if match is None or hashlib.sha256(match[1] + b"}").hexdigest().encode() != match[2]:
        return None
    body = json.loads(match[1] + b"}")
    return Entry(
        number=body["n"],
        at=datetime.fromisoformat(body["at"]),
        kind=body["kind"],
        phase=body["phase"],
        database=body["database"],
        previous=body["prev"],
        of=body.get("of", 0),
        facts=body.get("facts", {}),
        digest=match[2].decode(),
    )


def _plain(value: Any) -> str:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError("The journal holds ids, dates and numbers alone.")
