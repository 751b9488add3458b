"""The staff's retention dashboard, from the control plane alone: so it answers while a region is down, in a few queries
however many regions there are. What the worker counted is shown with the moment of the count. Keeps P-RET-2, P-RET-7.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Final

from django.conf import settings
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from paasoo_portal.core import clock, heartbeat, regions
from paasoo_portal.core.charts import Bars, Series
from privacy.alarms import deadman, night
from privacy.alarms.models import Alarm, Kind, Severity, Standing, gravest_first
from privacy.alarms.night import CONTROL
from privacy.certificates.models import Certificate
from privacy.keys.models import INSTRUCTED, DataClass
from privacy.retention import runs
from privacy.retention.models import RetentionRun, RunState

NIGHTS: Final = 30
PAST: Final = 6
# The worker counts each quarter of an hour; an hour without, and what is shown may be wrong.
STALE_AFTER: Final = timedelta(hours=1)
RUN_NAMES: Final = {
    runs.ENFORCE: gettext_lazy("Erased"),
    runs.SWEEP: gettext_lazy("Days dropped"),
    runs.ROWS: gettext_lazy("Rows deleted"),
    runs.CARRY_OVER: gettext_lazy("Keys carried over"),
    runs.VERIFY: gettext_lazy("Checked"),
}


@dataclass(frozen=True)
class State:
    """How something stands, for the tag: a word, a tone and an icon."""

    label: str
    tone: str
    icon: str


@dataclass(frozen=True)
class Ring:
    """What rings, and in which databases: one line for all that has the same remedy."""

    what: Kind
    is_critical: bool
    severity: str
    begun_at: datetime
    alarms: list[Alarm]


@dataclass(frozen=True)
class ClassLine:
    """Keys of one class, as last counted."""

    label: str
    living: int
    due: int
    late: int
    held: int
    tomorrow: int
    next_on: date | None
    instructed: bool


@dataclass(frozen=True)
class Work:
    """The last run of one part of the night, and what it came to."""

    name: Any
    on: date | None
    at: datetime | None
    text: str
    late: bool


@dataclass
class Database:
    """One database: what was counted, what was done, what rings."""

    alias: str
    name: str
    state: State
    work: list[Work]
    counted_at: datetime | None = None
    stale: bool = False
    classes: list[ClassLine] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)


def page() -> dict[str, Any]:
    """Everything that the page shows."""
    ringing = list(Alarm.objects.filter(ended_at=None))
    standings = {one.database: one for one in Standing.objects.all()}
    last = _last_runs()
    databases = [_database(alias, standings.get(alias), last, ringing) for alias in _aliases()]
    nights = _nights()
    born = {one.alias: one.figures.get("born_on") for one in databases}
    return {
        "ringing": [
            _ring(list(same)) for _kind, same in groupby(sorted(ringing, key=gravest_first), key=_sort)
        ],
        "ringing_count": len(ringing),
        "past": Alarm.objects.exclude(ended_at=None).order_by("-ended_at")[:PAST],
        "databases": databases,
        "certificates": Certificate.objects.aggregate(n=Max("number"))["n"] or 0,
        "nights": _punctual(nights, born) if nights else None,
        "today": clock.today(),
        "next_cutoff": clock.midnight(clock.today() + timedelta(days=1)),
        "round_at": heartbeat.last(night.ROUND),
        "outside": _outside(),
    }


def _aliases() -> list[str]:
    return [*regions.aliases(), CONTROL]


def _sort(alarm: Alarm) -> tuple[str, str]:
    return alarm.kind, alarm.severity


def _ring(same: list[Alarm]) -> Ring:
    first = same[0]
    begun = min(one.begun_at for one in same)
    return Ring(first.what, first.is_critical, str(Severity(first.severity).label), begun, same)


def _last_runs() -> dict[tuple[str, str], RetentionRun]:
    done = RetentionRun.objects.filter(state=RunState.DONE).order_by("database", "kind", "-cutoff_on")
    return {(run.database, run.kind): run for run in done.distinct("database", "kind")}


def _database(
    alias: str,
    standing: Standing | None,
    last: dict[tuple[str, str], RetentionRun],
    ringing: list[Alarm],
) -> Database:
    parts = [part for part in night.PARTS if part.control or alias != CONTROL]
    runs_done = [last.get((alias, part.run)) for part in parts]
    found = Database(
        alias,
        _("Control plane") if alias == CONTROL else _places(alias),
        _state([one for one in ringing if one.database == alias], begun=any(runs_done)),
        [_work(part, run) for part, run in zip(parts, runs_done, strict=True)],
    )
    if standing is not None:
        found.counted_at = standing.counted_at
        found.stale = clock.now() - standing.counted_at > STALE_AFTER
        lines = [_class_line(**one) for one in standing.figures.get("keys", [])]
        found.classes = [one for one in lines if one.living or one.instructed]
        found.figures = _figures(standing.figures)
    return found


def _places(alias: str) -> str:
    return ", ".join(region.label for region in settings.REGIONS.values() if region.alias == alias)


def _state(alarms: list[Alarm], *, begun: bool) -> State:
    if any(one.is_critical for one in alarms):
        return State(_("Critical"), "bad", "failed")
    if alarms:
        return State(_("Warning"), "warn", "warn")
    if not begun:
        return State(_("Before its first night"), "info", "wait")
    return State(_("Well"), "good", "done")


def _work(part: night.Part, run: RetentionRun | None) -> Work:
    if run is None:
        return Work(RUN_NAMES[part.run], None, None, "", late=False)
    late = night.due_since(part, run.cutoff_on) <= clock.now()
    return Work(RUN_NAMES[part.run], run.cutoff_on, run.finished_at, _came_to(part.run, run.counts), late)


def _came_to(kind: str, counts: dict[str, Any]) -> str:
    """What a run did, in words."""
    if kind == runs.ENFORCE:
        given = {"keys": counts.get("keys", 0), "accounts": counts.get("accounts", 0)}
        return _("keys: %(keys)d, certificates: %(accounts)d") % given
    if kind == runs.SWEEP:
        return _("partitions: %(n)d") % {"n": counts.get("swept", 0)}
    if kind == runs.CARRY_OVER:
        return _("keys: %(n)d") % {"n": counts.get("census", 0)}
    if kind == runs.VERIFY:
        given = {"checked": counts.get("checked", 0), "n": counts.get("culprits", 0)}
        return _("looked at: %(checked)d, wrong: %(n)d") % given
    return _("rows: %(n)d") % {"n": sum(count for count in counts.values() if isinstance(count, int))}


def _class_line(*, data_class: int, next_on: str | None, **counts: int) -> ClassLine:
    return ClassLine(
        str(DataClass(data_class).label),
        next_on=date.fromisoformat(next_on) if next_on else None,
        instructed=data_class in INSTRUCTED,
        **counts,
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _figures(figures: dict[str, Any]) -> dict[str, Any]:
    """As counted, with days and moments made of their texts, and the day on which the next epoch key goes."""
    epochs, snapshot = figures.get("epochs"), figures.get("snapshot")
    found = {name: value for name, value in figures.items() if name not in {"keys", "epochs", "snapshot"}}
    if epochs:
        found["epochs"] = epochs | {
            "oldest_wrap": datetime.fromisoformat(epochs["oldest_wrap"]),
            "next_on": _day(epochs.get("next_destruction_on")),
            "kept": len(epochs["epochs_kept"]),
        }
        found["born_on"] = _day(epochs["born_on"])
    if snapshot:
        found["snapshot_at"] = datetime.fromisoformat(snapshot["at"]) if snapshot["at"] else None
    return found


Nights = dict[date, dict[str, datetime]]


def _nights() -> Nights:
    """By day and database, when its enforcement was done."""
    since = clock.today() - timedelta(days=NIGHTS - 1)
    done = RetentionRun.objects.filter(kind=runs.ENFORCE, state=RunState.DONE, cutoff_on__gte=since)
    found: Nights = {}
    for run in done.only("database", "cutoff_on", "finished_at"):
        assert run.finished_at is not None
        found.setdefault(run.cutoff_on, {})[run.database] = run.finished_at
    return found


def _days() -> list[date]:
    return [clock.today() - timedelta(days=NIGHTS - 1 - back) for back in range(NIGHTS)]


def _punctual(nights: Nights, born: dict[str, date | None]) -> Bars:
    """Each night's databases: done by the hour, done late, or not done."""
    part, days = night.PARTS[0], _days()
    judged = [
        [_judge(part, day, nights.get(day, {}).get(alias), born.get(alias)) for alias in regions.aliases()]
        for day in days
    ]
    series = [
        Series(name, tone, [states.count(tone) for states in judged])
        for name, tone in ((_("On time"), "good"), (_("Late"), "warn"), (_("Not done"), "bad"))
    ]
    return Bars(_("Databases whose night was done, of the last 30 nights"), days, series)


def _judge(part: night.Part, day: date, done: datetime | None, born: date | None) -> str:
    by = clock.midnight(day) + part.by
    if done is not None:
        return "good" if done <= by else "warn"
    began = born is not None and born < day
    return "bad" if began and by <= clock.now() else ""


def _outside() -> dict[str, Any]:
    """Whether somebody outside is told, and when they were last."""
    return {"set": bool(settings.DEADMAN_URL), "at": heartbeat.last(deadman.NAME)}
