"""Files under PAASOO_VAR that are over their time, by what the catalogue's stores declare. Keeps P-RET-3.

A file is as old as its last change: a log that is still written to stays, and is turned over by who writes it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from privacy.catalogue import catalogue
from privacy.retention.ends import Moment


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
    gone = over(at)
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _is_older(path: Path, before: datetime) -> bool:
    return path.is_file() and datetime.fromtimestamp(path.stat().st_mtime, UTC) < before
