"""The engine's tasks, where Celery looks for them."""

from privacy.consent.tasks import forget_consents
from privacy.keys.tasks import carry_over_nightly, carry_over_run
from privacy.retention.tasks import retention_nightly, retention_run

__all__ = [
    "carry_over_nightly",
    "carry_over_run",
    "forget_consents",
    "retention_nightly",
    "retention_run",
]
