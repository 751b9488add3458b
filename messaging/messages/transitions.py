"""The one state table: which report moves a message, and which changes nothing. States only move forward."""

from __future__ import annotations

from typing import Final

from messaging.messages.states import FINAL, State

# What the carrier or the handset may still say once the carrier has the message, or may have it.
_OUTCOMES: Final = frozenset(
    {State.DELIVERED, State.UNDELIVERED, State.FAILED, State.REJECTED, State.EXPIRED}
)
_NEXT: Final[dict[State, frozenset[State]]] = {
    State.SCHEDULED: frozenset({State.ACCEPTED, State.CANCELED, State.EXPIRED}),
    State.ACCEPTED: frozenset({State.QUEUED, State.CANCELED, State.EXPIRED, State.FAILED}),
    State.QUEUED: frozenset({State.SENDING, State.CANCELED, State.EXPIRED, State.FAILED}),
    State.SENDING: frozenset({State.SENT, State.UNKNOWN}) | _OUTCOMES,
    State.SENT: _OUTCOMES,
    # Its answer was lost; the carrier's receipt, or what it says when asked, settles it.
    State.UNKNOWN: frozenset({State.SENT}) | _OUTCOMES,
}
# The only way back, and not a report's: the carrier has said that it never took the message.
_NEVER_TAKEN: Final = frozenset({State.SENDING, State.UNKNOWN})


def advance(current: State, reported: State) -> State | None:
    """The state that a report leads to, or None when it changes nothing (late, repeated or impossible)."""
    return reported if reported in _NEXT.get(current, frozenset()) else None


def may_requeue(current: State) -> bool:
    """Whether a message may wait for its turn again, now that the carrier is known never to have taken it."""
    return current in _NEVER_TAKEN


def why_not(current: State, reported: State) -> str:
    """The note on a report that changed nothing."""
    return "duplicate" if reported == current else "late"


def is_final(state: State) -> bool:
    return state in FINAL
