"""Files under PAASOO_VAR that are over their time, by what the catalogue's stores declare. Keeps P-RET-3.

A file is as old as its last change: a log that is still written to stays, and is turned over by who writes it. One that
is not ours to delete is told in the log, and by `retention verify`.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG

from django.conf import settings

from privacy.catalogue import catalogue
from privacy.retention.ends import Moment

log = logging.getLogger(__name__)


def over(at: Moment) -> list[Path]:
    """The files to go."""
    found: list[Path] = []
    for store in catalogue().stores:
        if store.path and store.retention is not None and store.retention.days is not None:
            before = store.retention.before(at.cutoff_on, at.now)
            found += [path for path in Path(settings.VAR).glob(store.path) if _is_older(path, before)]
    return sorted(found)


def let_go(at: Moment) -> int:
    """Delete them; how many went."""
    gone = 0
    for path in over(at):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            log.warning(
                "a file over its time stays", extra={"file": path.name, "error": type(error).__name__}
            )
        else:
            gone += 1
    return gone


def _is_older(path: Path, before: datetime) -> bool:
    try:
        told = path.lstat()
    except OSError:
        return False
    # A copy may bear its original's time of writing; when it was put here is told by the other.
    changed = max(told.st_mtime, told.st_ctime)
    return S_ISREG(told.st_mode) and datetime.fromtimestamp(changed, UTC) < before
