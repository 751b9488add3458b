"""Journal and database must tell one story, or nothing starts, seals or erases. Neither ever reads as "erased"."""

from __future__ import annotations

from typing import Final

from privacy.journal import marks
from privacy.journal.entries import INTENT
from privacy.journal.erasing import erasing
from privacy.journal.errors import (
    DatabaseBehind,
    JournalBehind,
    JournalForeign,
    JournalMissing,
)
from privacy.journal.marks import Mark
from privacy.journal.opened import journal
from privacy.journal.state import Known, State

ENROLLED: Final = "database"
# Up to which number a database was found to agree: what was compared once need not be compared again.
_agreed: dict[tuple[str, str], int] = {}


def check(alias: str) -> None:
    """Raise a JournalError that says what is wrong and what to run, unless both sides agree. One query as a rule."""
    held = journal()
    if not held.exists():
        raise _without_journal(alias)
    state = held.state()
    known = state.of(alias)
    since = _since(alias, state, known)
    present = marks.since(alias, since)
    newest = max(present.items(), default=None) or marks.newest(alias)
    if newest is None:
        raise _unmarked(alias, known)
    last, mark = newest
    if mark.fingerprint != state.fingerprint:
        raise JournalForeign(
            f"the erasure journal is not that of {alias}: it belongs to another installation"
        )
    # A mark that another process left a moment ago stands in the journal by now.
    if last > state.head:
        state = held.state()
    if last > state.head:
        raise JournalBehind(
            f"{alias} has the mark of erasure {last}, the journal ends with line {state.head}: the journal was cut "
            "short or rolled back. Bring the present one back"
        )
    _refuse_missing(alias, state, state.of(alias), present)
    _refuse_unknown(alias, state, state.of(alias), present)
    _remember(alias, state, state.of(alias), present)


def _without_journal(alias: str) -> JournalMissing:
    if marks.newest(alias) is None:
        return JournalMissing(f"there is no erasure journal, and {alias} knows of none: run setup_database")
    return JournalMissing(
        f"there is no erasure journal where ERASURE_JOURNAL_URL says, but {alias} has marks of one: bring it back "
        "from where it is kept"
    )


def _unmarked(alias: str, known: Known) -> DatabaseBehind | JournalMissing:
    if not known.happened:
        return JournalMissing(f"{alias} is not in the erasure journal yet: run setup_database")
    return DatabaseBehind(
        f"the erasure journal knows {alias}, but this database has no mark of it: an old copy. {_procedure(alias)}"
    )


def _since(alias: str, state: State, known: Known) -> int:
    """From where on to compare: what agreed before, or else the months read and the newest erasure before them."""
    return _agreed.get((state.fingerprint, alias)) or min(state.first, known.last or state.first)


def _refuse_missing(alias: str, state: State, known: Known, present: dict[int, Mark]) -> None:
    """Every erasure that happened has its mark."""
    agreed = _agreed.get((state.fingerprint, alias), 0)
    wanted = {*known.due(max(agreed, state.first)), agreed or known.last} - {0}
    missing = sorted(wanted - present.keys())
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise DatabaseBehind(
            f"{alias} does not know of erasure {missing[0]} of the journal{more}: it is an old copy. {_procedure(alias)}"
        )


def _refuse_unknown(alias: str, state: State, known: Known, present: dict[int, Mark]) -> None:
    """Every mark is of a line that says the same."""
    for number, mark in present.items():
        told = known.digests.get(number) or (known.last_digest if number == known.last else "")
        if not told and number >= state.first:
            raise JournalBehind(f"{alias} has the mark of erasure {number}, which the journal does not know")
        if told and told != mark.digest:
            raise JournalBehind(
                f"erasure {number} of {alias} is another in the journal: it was rolled back and went on from there"
            )


def _remember(alias: str, state: State, known: Known, present: dict[int, Mark]) -> None:
    """Up to before the first that is not decided yet."""
    undecided = [number for number, phase in known.phases.items() if phase == INTENT]
    sure = [number for number in present if number < min(undecided, default=number + 1)]
    if sure:
        _agreed[state.fingerprint, alias] = max(sure)


def _procedure(alias: str) -> str:
    if alias == "default":
        return "Before anything may serve, run: manage.py erasures replay"
    return f"Before anything may serve, run: manage.py keys restore --database {alias}, then manage.py erasures replay"


def enrol(alias: str) -> None:
    """A database that is new to the journal gets its first mark; the first of all makes the journal. Repeatable."""
    held = journal()
    if marks.newest(alias) is not None:
        if not held.exists():
            check(alias)
        return
    held.create()
    if held.state().of(alias).happened:
        check(alias)
    with erasing(ENROLLED, database=alias, series=""):
        pass


def knows(alias: str) -> bool:
    """Whether the database stands in the journal."""
    return journal().state().of(alias).happened


def known_epoch(alias: str) -> tuple[int, str]:
    """The newest epoch that the journal has seen the database open, and the vault's name for the series; (0, "")."""
    known = journal().state().of(alias)
    return known.epoch, known.series


def forget() -> None:
    """Compare everything again."""
    _agreed.clear()


def probe() -> None:
    """Hook `journal.probe`: the control plane and its journal; regions are probed with their vaults."""
    check("default")
