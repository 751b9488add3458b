"""What every serving process asks at its start: is the catalogue whole, and do vault, databases and journal agree?

An old copy of a database would bring back what was erased since; beside a vault or journal that went back, nothing can be
proven. So nothing serves then: the text says what is wrong and what to run. Keeps P-CAT-2, P-RET-7.
"""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import DatabaseError, connections

from privacy import journal
from privacy.catalogue.boot import refuse_incomplete
from privacy.certificates.verify import require_own_key
from privacy.errors import PrivacyError
from privacy.keys import guard

log = logging.getLogger(__name__)


class EvidenceDisagrees(SystemExit):
    """The process must not start: it could show what was erased.

    SystemExit, because Celery's start-up signals swallow every mere Exception and go on.
    """


def refuse_unsafe() -> None:
    """Raise CatalogueIncomplete or EvidenceDisagrees unless this process may serve."""
    refuse_incomplete()
    found = disagreements()
    if found:
        lines = "\n  ".join(f"{alias}: {error}" for alias, error in found.items())
        raise EvidenceDisagrees(
            f"Databases, vault and erasure journal disagree, so nothing starts:\n  {lines}"
        )


def disagreements() -> dict[str, str]:
    """By database, what is wrong. One that does not answer is none: its region refuses, the others serve."""
    found = {}
    for alias in settings.DATABASES:
        try:
            if alias == "default":
                journal.check(alias)
                require_own_key()
            else:
                guard.check(alias)
        except PrivacyError as error:
            found[alias] = f"{type(error).__name__}: {error.log}"
        except DatabaseError:
            log.warning("a database does not answer at the start", extra={"database": alias})
        finally:
            # Whoever forks after this must not share the connection.
            connections[alias].close()
    return found
