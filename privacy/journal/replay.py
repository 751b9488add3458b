"""Applying to an old copy what was erased after it was taken. Keeps P-RET-7.

Each erasure is one transaction with its mark, so a replay that was stopped goes on where it was, and one that is
finished does nothing. An erasure that a crash left undecided counts as asked for, and is carried out. How a kind of
erasure is applied, the layers above say by the hook `erasure.replay`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.db import transaction

from paasoo_portal.core import audit, hooks
from privacy.journal import guard, marks
from privacy.journal.entries import DONE, INTENT, VOID, Entry
from privacy.journal.errors import JournalForeign, ReplayImpossible
from privacy.journal.opened import journal


class Replay(Protocol):
    """A handler of `erasure.replay`: True when the kind is its own and was applied.

    `certain` is False for an erasure that a crash left undecided: what may not be erased is then left. Raises Moot when
    such a one is not to be repeated.
    """

    def __call__(
        self, *, kind: str, database: str, facts: dict[str, Any], at: datetime, certain: bool
    ) -> bool: ...


class Moot(Exception):
    """An undecided line that is not carried out: it did not happen."""


@dataclass
class Replayed:
    """Of one database: how many erasures of each kind were applied."""

    database: str
    erasures: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        return {
            "database": self.database,
            "replayed": sum(self.erasures.values()),
            "kinds": dict(sorted(self.erasures.items())),
        }


@dataclass(frozen=True)
class Outstanding:
    entry: Entry
    certain: bool


def outstanding(alias: str) -> list[Outstanding]:
    """The erasures that the database does not know of, oldest first. Raises JournalForeign and what reading raises."""
    newest = marks.newest(alias)
    if newest is not None and newest[1].fingerprint != journal().state().fingerprint:
        raise JournalForeign(
            f"the erasure journal is not that of {alias}: it belongs to another installation"
        )
    present = marks.since(alias, 0)
    return [one for one in asked(alias) if one.entry.number not in present]


def asked(alias: str) -> list[Outstanding]:
    """Every erasure of the database that was not taken back, oldest first."""
    found: dict[int, Entry] = {}
    phases: dict[int, str] = {}
    for entry in journal().entries():
        if entry.database != alias:
            continue
        if entry.phase == INTENT:
            found[entry.number] = entry
        elif phases.get(entry.of) != DONE:
            phases[entry.of] = entry.phase
    return [
        Outstanding(entry, phases.get(number) == DONE)
        for number, entry in found.items()
        if phases.get(number) != VOID
    ]


def replay(alias: str) -> Replayed:
    """Everything outstanding; afterwards the database's marks stand at the journal's head. Needs the worker's role."""
    _refuse_too_old(alias)
    done = Replayed(alias)
    todo = outstanding(alias)
    for one in todo:
        if apply(one):
            done.erasures[one.entry.kind] += 1
    guard.forget()
    if done.erasures:
        audit.record(
            audit.Event.ERASURES_REPLAYED,
            database=alias,
            erasures=sum(done.erasures.values()),
            first=todo[0].entry.number,
            last=todo[-1].entry.number,
        )
    return done


def apply(one: Outstanding) -> bool:
    """One erasure with its mark, in one transaction; False when it is moot. Raises ReplayImpossible."""
    entry = one.entry
    given = {"kind": entry.kind, "database": entry.database, "facts": entry.facts, "at": entry.at}
    try:
        with transaction.atomic(using=entry.database):
            if not any(hooks.call("erasure.replay", **given, certain=one.certain)):
                raise ReplayImpossible(
                    f"nobody knows how to apply erasure {entry.number}, a {entry.kind} of {entry.database}: "
                    "is this code older than the journal?"
                )
            marks.leave(entry.database, entry.number, journal().state().fingerprint, entry.digest)
    except Moot:
        journal().append(entry.kind, VOID, entry.database, of=entry.number)
        return False
    if not one.certain:
        journal().append(entry.kind, DONE, entry.database, of=entry.number)
    return True


def _refuse_too_old(alias: str) -> None:
    """A copy from before the journal begins could lack what nobody can tell any more."""
    newest, before = marks.newest(alias), journal().heads_before().get(alias, 0)
    if before > (newest[0] if newest else 0):
        raise ReplayImpossible(
            f"this copy of {alias} is older than the erasure journal, which begins with line {journal().first()}: it may "
            "not be used"
        )
