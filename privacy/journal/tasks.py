"""Beat's part in the journal: what a crash left undecided is settled, and months that no back-up reaches go."""

from __future__ import annotations

import logging

from celery import shared_task
from django.db import DatabaseError

from paasoo_portal.core import regions
from privacy.errors import PrivacyError
from privacy.journal import settle

log = logging.getLogger(__name__)


@shared_task(name="privacy.look_after_journal")
def look_after_journal() -> None:
    """Hourly. A database that does not agree or does not answer is left, loudly; the others go on."""
    for alias in ["default", *regions.aliases()]:
        try:
            settle.settle(alias)
        except PrivacyError as error:
            log.error("the erasure journal is not settled", extra={"database": alias, "because": error.log})
        except DatabaseError:
            log.error("the erasure journal is not settled", extra={"database": alias})
    if gone := settle.prune():
        log.info("months of the erasure journal went", extra={"months": gone})
