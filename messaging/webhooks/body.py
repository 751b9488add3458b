"""What a call says, in REST v1's words. The number stands in the call alone, and never in anything of ours."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from messaging.classic import ids
from messaging.messages.states import State
from messaging.pricing.amounts import money
from messaging.webhooks.models import Topic, topic_of
from paasoo_portal.core import clock


def of_message(
    *,
    message_id: UUID,
    state: State,
    at: datetime,
    number: str,
    error_code: int | None,
    client_ref: str,
    segments: int,
    price: Decimal,
    currency: str,
) -> bytes:
    """What became of a message. `number`: digits, or empty once it is erased; `price`: of all segments."""
    data = {
        "id": str(message_id),
        "classic_id": ids.encode(message_id),
        "state": state.name.lower(),
        "at": _instant(at),
        "number": f"+{number}" if number else None,
        "error_code": error_code,
        "client_ref": client_ref,
        "segments": segments,
        "price": money(price),
        "currency": currency,
    }
    return _event(topic_of(state), at, data)


def of_test() -> bytes:
    return _event(Topic.TEST, clock.now(), {"text": "This is a test of your webhook."})


def _event(topic: str, at: datetime, data: dict[str, Any]) -> bytes:
    return json.dumps({"type": topic, "timestamp": _instant(at), "data": data}, ensure_ascii=False).encode()


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
