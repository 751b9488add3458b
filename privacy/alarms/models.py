"""Which alarms there are, those that rang and still ring, and what the last count of each database came to."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from paasoo_portal.core.ids import uuid7
from paasoo_portal.core.tenancy.policies import Access

RUNBOOK: Final = "docs/operators.md"


class Severity(models.TextChoices):
    """Critical: a promise is broken, or nothing can be erased. Warning: it will be, if nobody looks."""

    WARNING = "warning", _("Warning")
    CRITICAL = "critical", _("Critical")


class Kind(models.TextChoices):
    """What can be wrong, in the order in which it is shown. Each has its row in docs/operators.md."""

    GUARD = "guard", _("Vault, database and journal disagree")
    CLOCK = "clock", _("A clock has jumped, so nothing is erased")
    ENFORCEMENT = "enforcement", _("What is due was not erased on time")
    CULPRITS = "culprits", _("The check has found what should be erased or proven")
    CERTIFICATES = "certificates", _("The chain of certificates does not fit")
    UNCHECKED = "unchecked", _("Something could not be checked")
    CARRY_OVER = "carry_over", _("Keys were not carried over on time")
    RESEAL = "reseal", _("Erased days were not sealed anew on time")
    PRESERVATION = "preservation", _("A hold or case is not carried out")
    JOURNAL = "journal", _("Erasures are left undecided")
    PARTITIONS = "partitions", _("Days ahead run out")
    ROWS = "rows", _("Rows past their time were not deleted on time")
    SWEEP = "sweep", _("Days whose keys are gone were not dropped on time")
    VERIFICATION = "verification", _("The night was not checked on time")
    SNAPSHOT = "snapshot", _("The newest key snapshot is too old")
    BEAT = "beat", _("Nothing is begun by itself: beat is silent")
    DISPATCHER = "dispatcher", _("Messages are not delivered: the dispatcher is silent")

    @property
    def remedy(self) -> str | Promise:
        """What to do first, in one sentence."""
        return REMEDIES[self]

    @property
    def runbook(self) -> str:
        """Where the operators' handbook says more."""
        return f"{RUNBOOK}#alarm-{self.value.replace('_', '-')}"


_LATE: Final = _(
    "See that beat and worker run and what their log says, then run: manage.py retention enforce"
)
REMEDIES: Final[dict[str, str | Promise]] = {
    Kind.GUARD: _("Change nothing. Bring the present vault or journal back, or finish the restore."),
    Kind.CLOCK: _("Compare the clocks with the time. If they are right: manage.py retention enforce --accept-clock"),
    Kind.ENFORCEMENT: _LATE,
    Kind.CULPRITS: _("Run manage.py retention verify, which names each, and erase or explain it."),
    Kind.CERTIFICATES: _("Run manage.py retention verify. Keep a copy of the table before anything is changed."),
    Kind.UNCHECKED: _("See whether the database answers; the log names the error."),
    Kind.CARRY_OVER: _("See what the worker's log says, then run: manage.py keys carry-over"),
    Kind.RESEAL: _LATE,
    Kind.PRESERVATION: _("See that the worker runs: until it is carried out, nothing is erased in that database."),
    Kind.JOURNAL: _("Look at the journal's volume, then run: manage.py erasures status"),
    Kind.PARTITIONS: _("See that beat and worker run, then run: manage.py setup_database"),
    Kind.ROWS: _LATE,
    Kind.SWEEP: _LATE,
    Kind.VERIFICATION: _("See that beat and worker run, then run: manage.py retention verify"),
    Kind.SNAPSHOT: _("Look at the snapshots' volume, then run: manage.py keys snapshot"),
    Kind.BEAT: _("Start beat and the worker that takes the queue “control”."),
    Kind.DISPATCHER: _("Start the dispatcher, and see whether its region's database answers."),
}  # fmt: skip


class Alarm(models.Model):
    """One thing that is or was wrong in one database. Kept by the round of alarms alone."""

    access = Access(app="SELECT")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # A Kind; without choices, or each new text for one would be a migration.
    kind = models.CharField(max_length=16)
    database = models.CharField(max_length=16)
    severity = models.CharField(max_length=8, choices=Severity)
    # Since when it is wrong, where that is known; it may have been long before anybody looked.
    since_at = models.DateTimeField(null=True)
    # Numbers, days and names of errors: never an id of a person or account.
    detail = models.JSONField(default=dict)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "database"], condition=models.Q(ended_at=None), name="alarm_rings_once"
            )
        ]
        indexes = [models.Index(fields=["-first_seen_at"], name="alarm_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.database}"

    @property
    def begun_at(self) -> datetime:
        """Since when it is wrong, as far as anybody knows."""
        since: datetime = self.since_at or self.first_seen_at
        return since

    @property
    def what(self) -> Kind:
        return Kind(self.kind)

    @property
    def figures(self) -> list[str]:
        """What the detail says, in words."""
        told = {
            "n": _("how many: %(value)s"),
            "days": _("days left: %(value)s"),
            "number": _("certificate: %(value)s"),
            "last_on": _("last done for: %(value)s"),
        }
        return [
            str(text) % {"value": self.detail[name]} for name, text in told.items() if name in self.detail
        ]

    @property
    def is_critical(self) -> bool:
        return self.severity == Severity.CRITICAL


def gravest_first(alarm: Alarm) -> tuple[bool, int, str]:
    """A sort key: critical before warning, then in the order of the kinds."""
    return not alarm.is_critical, list(Kind).index(alarm.what), alarm.database


class Standing(models.Model):
    """What the worker last counted in a database, for pages that may not read keys. One row a database."""

    access = Access(app="SELECT")

    database = models.CharField(max_length=16, primary_key=True)
    counted_at = models.DateTimeField()
    figures = models.JSONField(default=dict)
