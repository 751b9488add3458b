"""What docs/test-numbers.md tells customers is what the sandbox does."""

from __future__ import annotations

import re
from pathlib import Path

from messaging.carriers.sandbox.outcomes import BY_NUMBER, Outcome
from messaging.messages.states import State

PAGE = Path(__file__).resolve().parents[3] / "docs/test-numbers.md"
# Their receipt is not what they are for.
_SAID = {"silent": "none", "rejected": "none", "duplicate": "twice", "early": "before the answer"}


def table() -> dict[str, list[str]]:
    """The page's rows by number: name, final state, error code, receipt."""
    found = re.findall(r"^\| `\+(\d+)` \|(.+)\|$", PAGE.read_text(), re.MULTILINE)
    return {number: [cell.strip(" `") for cell in cells.split("|")][:4] for number, cells in found}


def row(outcome: Outcome) -> list[str]:
    state = "sent" if outcome.state is None else State(outcome.state).name.lower()
    receipt = _SAID.get(outcome.name) or f"after {outcome.after.total_seconds():g} s"
    return [outcome.name, state, "–" if outcome.error_code is None else str(outcome.error_code), receipt]


def test_the_page_is_the_table() -> None:
    assert table() == {number: row(outcome) for number, outcome in BY_NUMBER.items()}


def test_what_the_page_says_of_receipts_is_so() -> None:
    for outcome in BY_NUMBER.values():
        receipts = {"silent": 0, "rejected": 0, "duplicate": 2}.get(outcome.name, 1)
        assert outcome.receipts == receipts, outcome.name
        assert bool(outcome.answer_seconds) == (outcome.name == "early")
        assert outcome.answered == (outcome.name != "lost")


def test_every_error_code_of_the_api_has_a_number() -> None:
    assert {outcome.error_code for outcome in BY_NUMBER.values()} == {None, 1, 2, 3, 4, 5, 99}


def test_all_are_reserved_for_fiction() -> None:
    """Ofcom's range: no real subscriber is ever sent a trial message."""
    for number in (*BY_NUMBER, *re.findall(r"\+(\d{6,})", PAGE.read_text())):
        assert number.startswith("447700900"), number
