"""The engine's tasks, where Celery looks for them."""

from privacy.consent.tasks import forget_consents
from privacy.exports.tasks import forget_exports, run_export
from privacy.journal.tasks import look_after_journal
from privacy.keys.tasks import carry_over_nightly, carry_over_run, key_snapshot, key_snapshots
from privacy.requests.tasks import look_after_requests
from privacy.retention.tasks import retention_nightly, retention_run

__all__ = [
    "carry_over_nightly",
    "carry_over_run",
    "forget_consents",
    "forget_exports",
    "key_snapshot",
    "key_snapshots",
    "look_after_journal",
    "look_after_requests",
    "retention_nightly",
    "retention_run",
    "run_export",
]
