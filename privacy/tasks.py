"""The engine's tasks, where Celery looks for them."""

from privacy.alarms.tasks import alarms, count_standing, count_standings
from privacy.disclosure.tasks import look_after_orders, make_extract
from privacy.exports.tasks import forget_exports, run_export
from privacy.journal.tasks import look_after_journal
from privacy.keys.tasks import carry_over_nightly, carry_over_run, key_snapshot, key_snapshots
from privacy.preservation.tasks import look_after_holds, preserve
from privacy.requests.tasks import look_after_requests
from privacy.retention.tasks import (
    hold_released,
    retention_nightly,
    retention_run,
    rows_nightly,
    rows_run,
    verify_nightly,
    verify_run,
)

__all__ = [
    "alarms",
    "carry_over_nightly",
    "carry_over_run",
    "count_standing",
    "count_standings",
    "forget_exports",
    "hold_released",
    "key_snapshot",
    "key_snapshots",
    "look_after_holds",
    "look_after_journal",
    "look_after_orders",
    "look_after_requests",
    "make_extract",
    "preserve",
    "retention_nightly",
    "retention_run",
    "rows_nightly",
    "rows_run",
    "run_export",
    "verify_nightly",
    "verify_run",
]
