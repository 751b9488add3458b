"""What a condition reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from paasoo_portal.core import clock
from privacy.alarms.models import Kind, Severity


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong now. `detail` holds numbers, days and names of errors; `problem` is for the log and for
    whoever asks at the command line: ids and dates, no personal data.
    """

    kind: Kind
    database: str
    severity: Severity = Severity.WARNING
    since_at: datetime | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    problem: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.kind.value, self.database

    def as_dict(self) -> dict[str, Any]:
        since = self.since_at
        return {
            "kind": self.kind.value,
            "database": self.database,
            "severity": self.severity.value,
            "since": since.isoformat() if since else None,
            "late_seconds": max(round((clock.now() - since).total_seconds()), 0) if since else None,
            "detail": self.detail,
            "problem": self.problem,
            "do": str(self.kind.remedy),
            "runbook": self.kind.runbook,
        }
