"""`drill restore`: old copies, restored beside the present vault, open nothing that is due and all that lives; and the
procedure that operators follow makes such a copy fit to serve again.

Copies are taken, things are erased by each path, the keys are carried over past the printed bound, and the copies come
back. Then everything that exists then is tried: every wrapped key of each copy against the vault, every sealed value of
each copy against the present keys. Last, the procedure is run on the dumps, in processes of their own. Keeps P-RET-2,
P-RET-7.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from paasoo_portal.core import clock, hooks
from paasoo_portal.core.tenancy import system_scope
from privacy import keys
from privacy.drill import procedure, samples
from privacy.drill.copies import Connection, Copies, Group, Restored
from privacy.drill.procedure import Check
from privacy.drill.samples import Planted, SealedValue
from privacy.drill.world import Traces, World
from privacy.errors import PrivacyError
from privacy.journal import JournalError
from privacy.keys import guard, nightly, store
from privacy.keys.vault import vault
from privacy.retention import nightly as retention

BEFORE: Final = "drill_before_the_erasures"
AFTER: Final = "drill_after_the_erasures"
_BATCH: Final = 1_000
_FEW: Final = 20
MESSAGES: Final = 20


class DrillImpossible(PrivacyError):
    """The drill cannot be held here."""


@dataclass
class Report:
    """Of one restored copy: what was tried and what came of it. `culprits` is what must be empty."""

    database: str
    restored_from: str
    old_keys: int = 0
    old_keys_opened: int = 0
    values: int = 0
    opened: int = 0
    refused: int = 0
    samples_due_opened: int = 0
    samples_living_opened: int = 0
    refused_to_serve: bool = False
    culprits: list[dict[str, str]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.culprits

    def as_dict(self) -> dict[str, Any]:
        return {**self.__dict__, "ok": self.ok}

    def blame(self, problem: str, **about: object) -> None:
        self.culprits.append({"problem": problem, **{name: str(value) for name, value in about.items()}})


@dataclass
class Held:
    """One drill: what was planted, and what has been found so far."""

    aliases: list[str]
    samples: dict[str, list[Planted]]
    traces: Traces
    reports: list[Report] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)


def run(aliases: list[str], *, messages: int = MESSAGES) -> dict[str, Any]:
    """The whole drill, on these regional databases. Raises DrillImpossible and whatever stops a carry-over."""
    if settings.PRODUCTION:
        raise DrillImpossible("a drill plants samples with another day's clock, which production refuses")
    [copies] = hooks.call("drill.copies", aliases=aliases)
    [world] = hooks.call("drill.world", aliases=aliases)
    began = time.monotonic()
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="drill-", dir=settings.VAR) as folder:
        held = _hold(copies, world, aliases, Path(folder), messages, seconds)
    return {
        "ok": bool(held.reports)
        and all(report.ok for report in held.reports)
        and all(check.ok for check in held.checks),
        "seconds": round(time.monotonic() - began, 1),
        "steps": seconds,
        "messages": sum(len(found) for what in _all(held.traces) for found in what.values()),
        "carry_overs": settings.EPOCHS_KEPT + 1,
        "erasure": vault().erasure,
        "copies": [report.as_dict() for report in held.reports],
        "procedure": [check.as_dict() for check in held.checks],
    }


def _hold(
    copies: Copies,
    world: World,
    aliases: list[str],
    folder: Path,
    messages: int,
    seconds: dict[str, float],
) -> Held:
    planted: dict[str, list[Planted]] = {}
    began = time.monotonic()

    def timed(step: str) -> None:
        nonlocal began
        seconds[step] = round(time.monotonic() - began, 1)
        began = time.monotonic()

    try:
        planted |= {alias: samples.plant(alias) for alias in aliases}
        world.plant(messages)
        timed("plant")
        copies.begin(folder)
        world.plant_late()
        copies.mark(BEFORE)
        timed("copy")
        for alias in aliases:
            retention.run(alias, clock.today())
        world.erase()
        for alias in aliases:
            hooks.call("retention.renew", alias=alias, cutoff_on=clock.today())
        copies.mark(AFTER)
        copies.end()
        timed("erase")
        for alias in aliases:
            for _ in range(settings.EPOCHS_KEPT + 1):
                nightly.once(alias)
        timed("carry over")
        vault().forget()
        keys.forget()
        held = Held(aliases, planted, world.traces())
        with closing(copies.restored(folder)) as groups:  # type: ignore[type-var]
            for group in groups:
                _look_at(group, held)
                timed(f"look at {group.copies[0].kind}")
        return held
    finally:
        copies.end()
        world.remove()
        for alias, found in planted.items():
            samples.remove(alias, found)


def _look_at(group: Group, held: Held) -> None:
    for copy in group.copies:
        if copy.alias in held.aliases:
            held.reports.append(_examine(copy, held))
    if group.environ:
        held.checks += procedure.run(group, held.aliases, held.traces, held.samples)


def _examine(copy: Restored, held: Held) -> Report:
    report = Report(copy.alias, copy.kind)
    _try_old_keys(copy, report)
    _try_to_serve(copy, report)
    judge = _Judge(copy.alias, held, report)
    values = samples.sealed_values(copy.connection)
    while batch := list(islice(values, _BATCH)):
        _try_values(copy.alias, batch, judge, report)
    judge.end()
    return report


def _try_old_keys(copy: Restored, report: Report) -> None:
    """Every wrapped key that the copy holds, against the vault as it is now."""
    query = f"SELECT {store.COLUMNS} FROM privacy_datakey"  # noqa: S608  constants
    with copy.connection.transaction(), copy.connection.cursor(name="old_keys") as cursor:
        for row in cursor.execute(query):
            old = store.KeyRow(*row)
            report.old_keys += 1
            try:
                vault().unwrap(copy.alias, old.epoch, bytes(old.wrapped), old.context(copy.alias))
            except keys.EpochDestroyed:
                continue
            except Exception as error:
                report.blame(
                    "an old key is refused, but not because it was destroyed", key=old.id, error=error
                )
                continue
            report.old_keys_opened += 1
            report.blame("an old copy's key opens beyond the bound", key=old.id, epoch=old.epoch)


def _try_to_serve(copy: Restored, report: Report) -> None:
    """An old database beside the present vault must refuse, loudly."""
    try:
        guard.compare(copy.alias, _epochs(copy.connection))
    except (keys.VaultMismatch, JournalError):
        report.refused_to_serve = True
    else:
        report.blame("the restored database would serve as if nothing had happened")


def _epochs(connection: Connection) -> list[guard.EpochRow]:
    found = connection.execute("SELECT number, state, fingerprint FROM privacy_epoch ORDER BY number")
    return [guard.EpochRow(*row) for row in found.fetchall()]


def _try_values(alias: str, batch: list[SealedValue], judge: _Judge, report: Report) -> None:
    """Every sealed value against the keys that live now: it opens, or its key is known to be erased."""
    with system_scope("drill", using=(alias,)):
        opener = keys.opener(alias)
        opener.prefetch(dict.fromkeys(value.key_id for value in batch))
        for value in batch:
            report.values += 1
            judge.judge(value, _open(opener, value, report))


def _open(opener: keys.Opener, value: SealedValue, report: Report) -> bytes | None:
    try:
        opened = opener.open(
            value.key_id, value.sealed, table=value.table, column=value.column, row=value.row
        )
    except keys.Erased:
        report.refused += 1
        return None
    except PrivacyError as error:
        report.blame("a sealed value neither opens nor is erased", row=value.row, error=error.log)
        return None
    report.opened += 1
    return opened


class _Judge:
    """Whether a planted value may, must, or must not be read in a copy of one database."""

    def __init__(self, alias: str, held: Held, report: Report) -> None:
        self.samples = {sample.row: sample for sample in held.samples[alias]}
        traces = held.traces
        self.dead = {message.row for message in traces.dead.get(alias, [])}
        self.erased = {message.row for message in traces.erased.get(alias, [])}
        self.living = {
            message.row: {message.text.encode(), message.number.encode()}
            for message in traces.living.get(alias, [])
        }
        self.report = report
        self.found: set[UUID] = set()

    def judge(self, value: SealedValue, opened: bytes | None) -> None:
        row = value.row
        self.found.add(row)
        if row in self.samples:
            self._judge_sample(self.samples[row], opened)
        elif row in self.dead and opened is not None:
            self.report.blame("a message that is due or of a closed account can be read", row=row)
        elif row in self.erased and opened is not None:
            self.report.blame("a message that was erased can be read though its day was sealed anew", row=row)
        elif row in self.living and opened not in self.living[row]:
            self.report.blame("a message that lives cannot be read", row=row)

    def _judge_sample(self, sample: Planted, opened: bytes | None) -> None:
        if sample.due and opened is not None:
            self.report.samples_due_opened += 1
            self.report.blame("a sample that is due can be read", row=sample.row)
        elif not sample.due and opened == sample.text:
            self.report.samples_living_opened += 1
        elif not sample.due:
            self.report.blame("a sample that lives cannot be read", row=sample.row)

    def end(self) -> None:
        for row in self.samples.keys() - self.found:
            self.report.blame("a sample is missing in the copy", row=row)


def _all(traces: Traces) -> list[dict[str, list[Any]]]:
    return [traces.dead, traces.erased, traces.living]
