"""Our states as the classic API says them, in its pull and in its push."""

from __future__ import annotations

from typing import Final

from messaging.messages.states import State

_FAILED: Final = frozenset({State.UNDELIVERED, State.FAILED, State.EXPIRED, State.CANCELED})


def dr_status(state: State) -> tuple[int, str]:
    """(0 normal or 400 abnormal, delivered | accepted | failed | rejected | unknown)."""
    if state is State.DELIVERED:
        return 0, "delivered"
    if state in _FAILED:
        return 400, "failed"
    if state is State.REJECTED:
        return 400, "rejected"
    if state is State.UNKNOWN:
        return 400, "unknown"
    return 0, "accepted"
