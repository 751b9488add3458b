"""What docs/delivery.md tells operators is what the code does."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from messaging.carriers.base import SUBMIT_SECONDS
from messaging.delivery import bounds, dispatch, push, push_calls, push_rows
from messaging.messages import transitions
from messaging.messages.states import FINAL, State
from messaging.messages.transitions import advance
from tests.conftest import ROOT

PAGE = (ROOT / "docs/delivery.md").read_text()
STATES = PAGE[PAGE.index("## States") : PAGE.index("## What unknown means")]


def test_the_table_of_states_is_the_state_table() -> None:
    told: dict[State, set[State]] = {}
    for names, becomes in re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|[^|]+\| ([^|]+) \|$", STATES, re.MULTILINE):
        for name in re.findall(r"\w+", names):
            told[State[name.upper()]] = {State[word.upper()] for word in re.findall(r"\w+", becomes)}
    assert told == {state: {after for after in State if advance(state, after) is not None} for state in State}
    assert {state for state, after in told.items() if not after} == FINAL
    assert {state for state in State if transitions.may_requeue(state)} == {State.SENDING, State.UNKNOWN}


def test_every_note_is_told() -> None:
    names = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| [^|]+ \|$", STATES, re.MULTILINE)
    told = set(re.findall(r"`(\w+)`", " ".join(names)))
    folder = Path(dispatch.__file__).parent
    code = "".join((folder / name).read_text() for name in ("dispatch.py", "claim.py", "reconcile.py"))
    written = set(re.findall(r'(?:note=|State\.\w+, )"(\w+)"', code))
    assert written | {"late", "duplicate"} == told


def test_the_times_are_the_codes() -> None:
    assert (bounds.LEASE_SECONDS, SUBMIT_SECONDS) == (30, 20)
    assert (timedelta(hours=48), timedelta(hours=72)) == (bounds.VALIDITY, bounds.RECEIPT_WAIT)
    assert (100, 10, timedelta(seconds=2)) == (dispatch.BATCH, dispatch.MOST_ATTEMPTS, dispatch.ASK_AFTER)
    for words in ("30 s by", "at most 20 s", "48 hours", "72 hours", "Up to 100", "ten tries", "after 2 s"):
        assert words in PAGE, words


def test_the_pauses_of_reports_are_the_codes() -> None:
    units = {"s": 1, "min": 60, "h": 3600}
    line = re.search(r"tried again after (10 s, .*?), each", PAGE)
    assert line is not None
    told = [int(number) * units[unit] for number, unit in re.findall(r"(\d+) (s|min|h)\b", line[1])]
    assert told == list(push_rows.PAUSES)
    silent = re.search(r"left alone for ([^;]*?), and then", PAGE)
    assert silent is not None
    told = [int(number) * units[unit] for number, unit in re.findall(r"(\d+) (s|min|h)\b", silent[1])]
    assert told == [int(pause) for pause in push_calls.SILENCES]
    assert timedelta(days=3) == push_rows.GIVE_UP_AFTER
    assert (push.CALLS_AT_ONCE, push_calls.MOST_AT_ONCE, push_calls.CALL_SECONDS) == (32, 8, 10)
    assert "32 calls" in PAGE and "at most 8" in PAGE and "within ten seconds" in PAGE
