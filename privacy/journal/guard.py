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
from privacy.journal.opened import journal
from privacy.journal.state import Known, State

ENROLLED: Final = "database"
# Up to which number a database was found to agree: what was compared once need not be compared again.
_agreed: dict[tuple[str, str], int] = {}


def check(alias: str) -> None:
    """Raise a JournalError that says what is wrong and what to run, unless both sides agree."""
    held = journal()
    newest = marks.newest(alias)
    if not held.exists() and newest is None:
        raise JournalMissing(f"there is no erasure journal, and {alias} knows of none: run setup_database")
    if not held.exists():
        raise JournalMissing(
            f"there is no erasure journal where ERASURE_JOURNAL_URL says, but {alias} has marks of one: bring it back "
            "from where it is kept"
        )
    state = held.state()
    known = state.of(alias)
    if newest is None:
        raise _unmarked(alias, known)
    if newest.fingerprint != state.fingerprint:
        raise JournalForeign(
            f"the erasure journal is not that of {alias}: it belongs to another installation"
        )
    # A mark that another process left a moment ago stands in the journal by now.
    if newest.last > state.head:
        state = held.state()
    if newest.last > state.head:
        raise JournalBehind(
            f"{alias} has the mark of erasure {newest.last}, the journal ends with line {state.head}: the journal was cut "
            "short or rolled back. Bring the present one back"
        )
    _compare(alias, state, state.of(alias))


def _unmarked(alias: str, known: Known) -> DatabaseBehind | JournalMissing:
    if not known.happened:
        return JournalMissing(f"{alias} is not in the erasure journal yet: run setup_database")
    return DatabaseBehind(
        f"the erasure journal knows {alias}, but this database has no mark of it: an old copy. {_procedure(alias)}"
    )


def _compare(alias: str, state: State, known: Known) -> None:
    """Every erasure that happened has its mark, by the digest of its line."""
    remembered = _agreed.get((state.fingerprint, alias), 0)
    since = max(remembered, state.first)
    present = marks.since(alias, since if remembered or not known.last else min(since, known.last))
    wanted = known.due(since)
    if known.last and not remembered:
        wanted.append(known.last)
    missing = sorted(number for number in wanted if number not in present)
    if missing or (remembered and remembered not in present):
        first = missing[0] if missing else remembered
        raise DatabaseBehind(
            f"{alias} does not know of erasure {first} of the journal{f' and {len(missing) - 1} more' * (len(missing) > 1)}: "
            f"it is an old copy. {_procedure(alias)}"
        )
    for number, digest in present.items():
        told = known.digests.get(number) or (known.last_digest if number == known.last else None)
        if number >= state.first and told is None:
            raise JournalBehind(f"{alias} has the mark of erasure {number}, which the journal does not know")
        if told and told != digest:
            raise JournalBehind(
                f"erasure {number} of {alias} is another in the journal: it was rolled back and went on from there"
            )
    decided = [number for number in present if known.phases.get(number) != INTENT]
    open_ones = [number for number, phase in known.phases.items() if phase == INTENT]
    if decided:
        _agreed[state.fingerprint, alias] = max(
            [number for number in decided if number < min(open_ones, default=number + 1)], default=0
        )


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
