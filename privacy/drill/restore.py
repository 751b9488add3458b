"""`drill restore`: old copies, restored beside the present vault, open nothing that is due and all that lives.

Copies are taken, everything due is erased, the keys are carried over past the printed bound, and the copies come
back. Then everything that exists then is tried: every wrapped key of each copy against the vault, and every sealed
value of each copy against the present keys. Keeps P-RET-2, P-RET-7.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from paasoo_portal.core import clock, hooks
from paasoo_portal.core.tenancy import system_scope
from privacy import keys
from privacy.drill import samples
from privacy.drill.copies import Connection, Copies, Restored
from privacy.drill.samples import Planted, SealedValue
from privacy.errors import PrivacyError
from privacy.journal import JournalError
from privacy.keys import guard, nightly, store
from privacy.keys.vault import vault
from privacy.retention import nightly as retention

_BATCH = 1_000


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


def run(aliases: list[str]) -> dict[str, Any]:
    """The whole drill, on these regional databases. Raises DrillImpossible and whatever stops a carry-over."""
    if settings.PRODUCTION:
        raise DrillImpossible("a drill plants samples with another day's clock, which production refuses")
    [copies] = hooks.call("drill.copies", aliases=aliases)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="drill-", dir=settings.VAR) as folder:
        reports = _hold(copies, aliases, Path(folder))
    return {
        "ok": bool(reports) and all(report.ok for report in reports),
        "seconds": round(time.monotonic() - began, 1),
        "carry_overs": settings.EPOCHS_KEPT + 1,
        "erasure": vault().erasure,
        "copies": [report.as_dict() for report in reports],
    }


def _hold(copies: Copies, aliases: list[str], folder: Path) -> list[Report]:
    planted = {alias: samples.plant(alias) for alias in aliases}
    try:
        copies.take(folder)
        for alias in aliases:
            retention.run(alias, clock.today())
            for _ in range(settings.EPOCHS_KEPT + 1):
                nightly.once(alias)
        vault().forget()
        keys.forget()
        with copies.restored(folder) as restored:
            return [_examine(copy, planted[copy.alias]) for copy in restored]
    finally:
        for alias in aliases:
            samples.remove(alias, planted[alias])


def _examine(copy: Restored, planted: list[Planted]) -> Report:
    report = Report(copy.alias, copy.kind)
    _try_old_keys(copy, report)
    _try_to_serve(copy, report)
    texts = {sample.row: sample for sample in planted}
    found: set[UUID] = set()
    values = samples.sealed_values(copy.connection)
    while batch := list(islice(values, _BATCH)):
        _try_values(copy.alias, batch, texts, report)
        found |= {value.row for value in batch if value.table == samples.TABLE}
    for row in texts.keys() - found:
        report.blame("a sample is missing in the copy", row=row)
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
    rows = _epochs(copy.connection)
    try:
        guard.compare(copy.alias, rows)
    except (keys.VaultMismatch, JournalError):
        report.refused_to_serve = True
    else:
        report.blame("the restored database would serve as if nothing had happened")


def _epochs(connection: Connection) -> list[guard.EpochRow]:
    found = connection.execute("SELECT number, state, fingerprint FROM privacy_epoch ORDER BY number")
    return [guard.EpochRow(*row) for row in found.fetchall()]


def _try_values(alias: str, batch: list[SealedValue], texts: dict[UUID, Planted], report: Report) -> None:
    """Every sealed value against the keys that live now: it opens, or its key is known to be erased."""
    with system_scope("drill", using=(alias,)):
        opener = keys.opener(alias)
        opener.prefetch(dict.fromkeys(value.key_id for value in batch))
        for value in batch:
            report.values += 1
            opened = _open(opener, value, report)
            if value.table == samples.TABLE and value.row in texts:
                _judge(texts[value.row], opened, report)


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


def _judge(sample: Planted, opened: bytes | None, report: Report) -> None:
    if sample.due and opened is not None:
        report.samples_due_opened += 1
        report.blame("a sample that is due can be read", row=sample.row)
    elif not sample.due and opened == sample.text:
        report.samples_living_opened += 1
    elif not sample.due:
        report.blame("a sample that lives cannot be read", row=sample.row)
